import { splitSections } from './sections.ts';
import { composeScript } from './shell.ts';

/** A process that holds a lock of apt or dpkg. */
export interface LockHolder {
  readonly file: string;
  readonly pid: string;
  /** Its command line, cut; empty where it could not be read. */
  readonly command: string;
}

export function composeHolders(nonce: string, root: string | null): string {
  return composeScript('holders.sh', { NONCE: nonce, ROOT: root ?? '' }, ['locks.sh']);
}

export function parseHolders(output: string, nonce: string): LockHolder[] {
  return parseLocks(splitSections(output, nonce).get('locks')?.text ?? '');
}

/** The lines that locks.sh prints: lock file, process id, command line. */
export function parseLocks(text: string): LockHolder[] {
  return text.split('\n').flatMap((line) => {
    const [file, pid, command = ''] = line.split('\t');
    return file && pid && /^\d+$/.test(pid) ? [{ file, pid, command: command.trim() }] : [];
  });
}

export function describeHolder({ file, pid, command }: LockHolder): string {
  return `${file} is held by process ${pid}${command === '' ? '' : ` (${command})`}.`;
}
