import { open, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../state-file.ts';

/** The files of one step. Output grows over attempts; the rest is of one attempt each. */
export interface StepFiles {
  readonly folder: string;
  readonly script: string;
  readonly stdout: string;
  readonly stderr: string;
}

export function stepFiles(documentFolder: string, index: number): StepFiles {
  const folder = join(documentFolder, 'steps', String(index));
  return {
    folder,
    script: join(folder, '_script.sh'),
    stdout: join(folder, 'stdout'),
    stderr: join(folder, 'stderr'),
  };
}

/** No reply holds more of an output than this, so that no more of it is ever read. */
export const MOST_OUTPUT = 24_000;
const LARGEST_FILE = 16 * 1024 * 1024;

/** The beginning of an output, one byte more than fits into a reply; empty where there is none. */
export async function readOutput(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const buffer = Buffer.alloc(MOST_OUTPUT + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return Buffer.alloc(0);
    throw error;
  }
}

/**
 * Takes from a long output what will not be sent, so that a script that prints without end does not fill the disk. The
 * script appends, so what it writes next simply follows.
 */
export async function trimOutput(path: string): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LARGEST_FILE) await truncate(path, MOST_OUTPUT + 1);
}
