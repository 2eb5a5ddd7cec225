import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.ts';

/** Ids that tell whether the process that made something still lives: a process id alone is used again. */
const OWNED = /^\.?(\d+)-(\d+)-/;

/** The lab's own folder, with `roots/` (cached, shared) and `run/` (one folder a living root). */
export function labHome(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const home = resolve(process.env.KINTSUGI_LAB || join(cache, 'kintsugi-lab'));
  if (/[:,\\\s]/.test(home))
    throw new Error(`lab: ${home} cannot be an overlay's path; set KINTSUGI_LAB to a plain one`);
  return home;
}

/** A new name that carries this process as its owner: `PID-STARTED-RANDOM`. */
export function ownedName(): string {
  return `${process.pid}-${startOf(process.pid)}-${Math.random().toString(36).slice(2, 8)}`;
}

/** When a process started, in clock ticks since boot (proc(5)), or undefined when there is none that still runs. */
function startOf(pid: number | string): string | undefined {
  try {
    // The name stands in parentheses and may hold anything, so the fields are counted from its end.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return /[ZX]/.test(fields[0] ?? '') ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** True for the name of something whose maker lives no more. */
export function isOrphan(name: string): boolean {
  const [, pid = '', start] = OWNED.exec(name) ?? [];
  return pid !== '' && startOf(pid) !== start;
}

/** Removes what dead processes left behind: their processes in lab roots, mounts and folders. */
export async function sweep(): Promise<void> {
  for (const part of ['run', 'roots']) {
    const folder = join(labHome(), part);
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      if (isOrphan(name)) await clearAway(join(folder, name));
    }
  }
}

/** Roots and folders that living processes use now, by the name of the folder. */
export async function inUse(): Promise<string[]> {
  const folders = ['run', 'roots'].map((part) => join(labHome(), part)).filter((folder) => existsSync(folder));
  const names = (await Promise.all(folders.map((folder) => readdir(folder)))).flat();
  return names.filter((name) => OWNED.test(name) && !isOrphan(name));
}

/** Ends every process whose root lies within `folder`, unmounts all below it and removes it. */
export async function clearAway(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const path = realpathSync(folder);
  await endProcessesIn(path);
  for (const mount of mountsBelow(path)) {
    const { status } = await run(['umount', mount]);
    if (status !== 0) await run(['umount', '--lazy', mount]);
  }
  const left = mountsBelow(path);
  if (left.length > 0) throw new Error(`lab: still mounted: ${left.join(' ')}`);
  await rm(path, { recursive: true, force: true });
}

/** Ends the processes that run inside `folder` as their root directory. Only the lab puts processes there. */
export async function endProcessesIn(folder: string): Promise<void> {
  for (let turn = 0; turn < 50; turn++) {
    const pids = processesIn(folder);
    if (pids.length === 0) return;
    for (const pid of pids) endProcess(pid);
    await sleep(20);
  }
  throw new Error(`lab: processes in ${folder} do not end: ${processesIn(folder).join(' ')}`);
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Living processes whose root directory is within `folder`. */
export function processesIn(folder: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => isWithin(rootOf(pid), folder) && startOf(pid) !== undefined).map(Number);
}

function rootOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/root`);
  } catch {
    return '';
  }
}

/** Mount points at or below `folder`, the innermost first. */
function mountsBelow(folder: string): string[] {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8))),
    );
  return points.filter((point) => isWithin(point, folder)).reverse();
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
