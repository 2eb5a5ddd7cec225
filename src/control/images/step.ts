import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../core/errors.ts';
import type { DiskRecipe } from '../../images/disk/recipe.ts';
import { isNoSpace, noSpace } from '../../images/disk/tool.ts';
import type { AdvisoryData } from '../patch-manager/advisory-sources.ts';
import type { LoadedBaseline } from '../patch-manager/baseline-source.ts';

/** What every step of a bake works with beside its recipe. */
export interface BakeContext {
  /** The data directory. */
  readonly home: string;
  /** null: the predefined one of the operating system. */
  readonly baseline: LoadedBaseline | null;
  readonly advisories: Omit<AdvisoryData, 'sources'>;
  readonly now: () => Date;
  /** What goes on, for people. */
  readonly say: (text: string) => void;
  readonly bootTimeoutSeconds: number;
}

/** One bake: what is wanted, and the folder that is its own. */
export interface Bake {
  readonly recipe: DiskRecipe;
  readonly work: string;
  readonly context: BakeContext;
}

/**
 * Does a step once: what it answered lies in the work folder, and a step that is called again with the same input
 * answers that. `once` steps cannot be begun a second time on the same root: they ask for a new bake (BakeInterrupted).
 */
export async function step<T>(
  bake: Bake,
  name: string,
  input: unknown,
  options: { once: boolean },
  work: () => Promise<T>,
): Promise<T> {
  const folder = join(bake.work, 'steps');
  const key = createHash('sha256')
    .update(JSON.stringify([bake.recipe, input]))
    .digest('hex');
  await mkdir(folder, { recursive: true });
  const done = await recorded<T>(bake.work, name);
  if (done !== null && done.key === key) return done.output;
  const begun = join(folder, `${name}.begun`);
  if (options.once && existsSync(begun)) {
    throw new KintsugiError(
      'BakeInterrupted',
      `The step ${name} of ${bake.recipe.family} was interrupted and cannot be taken up.`,
    );
  }
  try {
    if (options.once) await writeFile(begun, '');
    const output = await work();
    const fresh = join(folder, `${name}.new`);
    const handle = await open(fresh, 'w');
    await handle.writeFile(JSON.stringify({ key, output }));
    await handle.sync();
    await handle.close();
    await rename(fresh, join(folder, `${name}.json`));
    return output;
  } catch (error) {
    throw fullDiskAs(error, `The step ${name}`);
  }
}

async function recorded<T>(work: string, name: string): Promise<{ key: string; output: T } | null> {
  const text = await readFile(join(work, 'steps', `${name}.json`), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as { key: string; output: T });
}

/** What an earlier step of this bake answered. */
export async function outputOf<T>(bake: Bake, name: string): Promise<T> {
  const done = await recorded<T>(bake.work, name);
  if (done === null)
    throw new KintsugiError('BakeInterrupted', `The step ${name} of ${bake.recipe.family} has not been done here.`);
  return done.output;
}

/** A full disk shows in many words; it is told as what it is: NoSpace for `what`, any other error as it came. */
export function fullDiskAs(error: unknown, what: string): unknown {
  const { code, message = '' } = error as NodeJS.ErrnoException;
  if (error instanceof KintsugiError && error.code === 'NoSpace') return error;
  return code === 'ENOSPC' || code === 'EDQUOT' || isNoSpace(message) ? noSpace(what) : error;
}
