import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandOptions, must, type Outcome, run } from './command.ts';
import { clearAway, labHome, ownedName } from './residue.ts';

/** A Debian root of one's own, to patch and to break; it lives until `dispose`. */
export interface LabRoot {
  /** The folder to give to `kintsugi … --root`. */
  readonly path: string;
  /** What a variant has to tell, such as the name of the held package. */
  readonly facts: Readonly<Record<string, string>>;
  /** Runs a command inside, as root, by chroot(8). */
  readonly run: (argv: readonly string[], options?: CommandOptions) => Promise<Outcome>;
  /** The same, for a command that has to succeed; answers its standard output. */
  readonly must: (argv: readonly string[], options?: CommandOptions) => Promise<string>;
  /** Ends all processes inside, unmounts and removes everything. Safe to call again. */
  readonly dispose: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/**
 * An independent copy of a cached root, made in milliseconds as an overlay; where the kernel refuses to mount one,
 * a plain copy.
 */
export async function copyOf(cached: string): Promise<LabRoot> {
  const folder = join(labHome(), 'run', ownedName());
  const path = join(folder, 'root');
  for (const name of ['root', 'upper', 'work']) {
    await mkdir(join(folder, name), { recursive: true });
    // Whatever our umask: this is the mode of `/` inside, which everyone there has to pass.
    await chmod(join(folder, name), 0o755);
  }
  await symlink(cached, join(folder, 'lower'));
  const layers = [`lowerdir=${cached}`, `upperdir=${join(folder, 'upper')}`, `workdir=${join(folder, 'work')}`];
  // Volatile: nobody needs a lab root to survive a power cut, and dpkg's many fsync calls become free.
  const options = [...layers, 'volatile'].join(',');
  const mounted = await run(['mount', '-t', 'overlay', '-o', options, 'kintsugi-lab', path]);
  if (mounted.status !== 0) await must(['cp', '-a', '--reflink=auto', `${cached}/.`, path]);
  return labRoot(path, () => clearAway(folder));
}

/** A copy of a cached root at a path of the caller's choice, to stay there. */
export async function copyTo(cached: string, path: string): Promise<LabRoot> {
  await must(['cp', '-a', '--reflink=auto', `${cached}/.`, path]);
  return labRoot(path, () => clearAway(path));
}

/** The handle of a root at `path`. */
export function labRoot(path: string, dispose: () => Promise<void>, facts: Record<string, string> = {}): LabRoot {
  return {
    path,
    facts,
    run: (argv, options) => run(['chroot', path, ...argv], options),
    must: (argv, options) => must(['chroot', path, ...argv], options),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}
