import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOrphan, ownedName } from '../lab/residue.ts';

/** A control group (version 2) of one test file: it counts the processor time of all that the file starts. */
export interface ProcessGroup {
  /** The command that runs `argv` inside. */
  readonly enter: (argv: readonly string[]) => string[];
  /** Ends what is left inside, removes the group and answers its seconds of processor time, user and system. */
  readonly end: () => Promise<number>;
}

const PREFIX = 'kintsugi-test-';
/** What cleans up after a process that was killed has this long to end by itself. */
const PATIENCE_MS = 5000;
const ENTER = 'echo 0 >"$0/cgroup.procs"; exec "$@"';

/** Null where this machine has no such groups, or we may not make one: then nothing is measured. */
export function processGroup(): ProcessGroup | null {
  const parent = ownGroup();
  if (parent === null) return null;
  const folder = join(parent, `${PREFIX}${ownedName()}`);
  try {
    mkdirSync(folder);
    readSeconds(folder);
  } catch {
    return null;
  }
  return {
    enter: (argv) => ['sh', '-c', ENTER, folder, ...argv],
    end: async () => {
      await untilEmpty(folder, PATIENCE_MS);
      const seconds = readSeconds(folder);
      await remove(folder);
      return seconds;
    },
  };
}

/** Ends and removes the groups of runs that were killed. */
export async function sweepGroups(): Promise<void> {
  const parent = ownGroup();
  if (parent === null) return;
  for (const name of readdirSync(parent)) {
    if (name.startsWith(PREFIX) && isOrphan(name.slice(PREFIX.length))) await remove(join(parent, name));
  }
}

/** The folder of the group that this process is in: cgroups(7). */
function ownGroup(): string | null {
  if (process.getuid?.() !== 0) return null;
  try {
    const mount = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .find((fields) => fields[fields.indexOf('-') + 1] === 'cgroup2');
    const own = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
    const [root = '', point = ''] = mount?.slice(3, 5) ?? [];
    if (own === undefined || point === '') return null;
    const folder = join(point, root === '/' ? own : own.replace(root, ''));
    return existsSync(join(folder, 'cgroup.procs')) ? folder : null;
  } catch {
    return null;
  }
}

function readSeconds(folder: string): number {
  const [, microseconds = ''] = /^usage_usec (\d+)$/m.exec(readFileSync(join(folder, 'cpu.stat'), 'utf8')) ?? [];
  if (microseconds === '') throw new Error(`${folder} does not tell its processor time`);
  return Number(microseconds) / 1e6;
}

async function untilEmpty(folder: string, patience: number): Promise<void> {
  const last = Date.now() + patience;
  while (/^populated 1$/m.test(readFileSync(join(folder, 'cgroup.events'), 'utf8'))) {
    if (Date.now() > last) return;
    await sleep(20);
  }
}

/** A group that cannot be removed is left for the next run: it holds nothing but its name. */
async function remove(folder: string): Promise<void> {
  try {
    writeFileSync(join(folder, 'cgroup.kill'), '1');
    await untilEmpty(folder, PATIENCE_MS);
    removeFolders(folder);
  } catch {
    // Somebody else removes it at the same time, or the kernel still holds it.
  }
}

/** Groups that something inside has made go first. */
function removeFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeFolders(join(folder, entry.name));
  }
  rmdirSync(folder);
}
