import { open, stat } from 'node:fs/promises';
import { visible } from '../../../core/visible.ts';

/** What no boot comes back from: waiting for the time limit tells no more. */
const HOPELESS =
  /Kernel panic - not syncing|You are in emergency mode|Failed to boot both default and fallback|\(initramfs\)|grub rescue>|No bootable device|BdsDxe: No bootable option/;
/** More than any boot says: who says more says the same over and over, and would fill the disk. */
const MOST_BYTES = 64 * 1024 * 1024;
const LOOK_MS = 1000;
const TAIL_BYTES = 8192;
/** An answer has a line a check. */
export const MOST_ANSWER_BYTES = 1_048_576;
const COLOUR = /\u001b\[[0-9;]*m/g;
/** The other sequences, by which a console moves its cursor: what follows is another line. */
const CONTROL = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-Za-z]|[=>78cM])/g;

/** The last lines of a console that say something, for people. A prompt that nobody answers says nothing. */
export function lastLines(text: string, most: number): string[] {
  return text
    .replace(COLOUR, '')
    .replace(CONTROL, '\n')
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => /[\p{L}\p{N}]/u.test(line) && !/ login:$/.test(line))
    .slice(-most)
    .map((line) => visible(line.slice(0, 200)).slice(0, 300));
}

/** The last of them; empty where there is none. */
export function lastLine(text: string): string {
  return lastLines(text, 1)[0] ?? '';
}

/** ` The last on its console: …`, to go behind a reason; nothing where it said nothing. */
export function lastWords(text: string): string {
  const last = lastLine(text);
  return last === '' ? '; its console said nothing' : `; the last on its console: "${last}"`;
}

/** The end of a console's file, as much as a line can be found in. */
export async function endOf(file: string): Promise<string> {
  const { size } = await stat(file);
  return readPart(file, Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
}

/** So much of a file that an image wrote, from `offset` on; it may have made it as long as it likes. */
export async function readPart(file: string, offset: number, bytes: number): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, offset);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

export interface Watch {
  /** Aborted once there is nothing more to wait for. */
  readonly stop: AbortSignal;
  /** Why it was aborted; null where it was not. */
  readonly found: () => string | null;
}

/** Looks at a console's file, and at the size of others, until `done`: ends a boot that is lost or floods them. */
export function watchConsole(file: string, others: readonly string[], done: AbortSignal): Watch {
  const stop = new AbortController();
  let found: string | null = null;
  let seen = 0;
  let tail = '';
  let isLooking = false;
  const give = (why: string) => {
    if (done.aborted || found !== null) return;
    found = why;
    stop.abort();
  };
  const look = async () => {
    const sizes = await Promise.all(
      [file, ...others].map(async (one) => (await stat(one).catch(() => null))?.size ?? 0),
    );
    if (sizes.some((size) => size > MOST_BYTES)) give('it flooded its console');
    while (found === null && seen < (sizes[0] ?? 0)) {
      const bytes = Math.min((sizes[0] ?? 0) - seen, 1 << 20);
      const piece = await readPart(file, seen, bytes);
      seen += bytes;
      const hit = HOPELESS.exec(tail + piece);
      if (hit !== null) give(`its console says "${hit[0]}"`);
      tail = piece.slice(-200);
    }
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch(() => {})
      .finally(() => {
        isLooking = false;
      });
  }, LOOK_MS);
  for (const signal of [done, stop.signal]) signal.addEventListener('abort', () => clearInterval(timer));
  return { stop: stop.signal, found: () => found };
}
