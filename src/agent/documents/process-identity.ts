import { readFile } from 'node:fs/promises';

/** A process that no other can be taken for, as long as the kernel runs: its id may be given again, its start not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Ticks since the kernel's start. */
  readonly startTime: string;
}

/**
 * Reads a line of /proc/PID/stat. The second field is the program's name in parentheses, which may hold anything.
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function parseProcessStat(line: string): (ProcessIdentity & { readonly isDead: boolean }) | null {
  const pid = Number(/^(\d+) \(/.exec(line)?.[1]);
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const startTime = fields[19];
  if (!Number.isSafeInteger(pid) || pid < 2 || startTime === undefined || !/^\d+$/.test(startTime)) return null;
  return { pid, startTime, isDead: fields[0] === 'Z' || fields[0] === 'X' };
}

export async function isAlive({ pid, startTime }: ProcessIdentity): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const found = parseProcessStat(line);
  return found !== null && !found.isDead && found.startTime === startTime;
}
