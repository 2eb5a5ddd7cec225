import { fstatSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { EXIT, type ExitCode, KintsugiError } from '../../core/errors.ts';
import { type SchemeName, VERSION_SCHEMES } from '../../core/versions/schemes.ts';
import { versionPairs } from './version-pairs.ts';

/** Compares the pairs on standard input while they come in, in constant memory. A reader that leaves early is fine. */
export async function runVercmp(name: SchemeName, json: boolean): Promise<ExitCode> {
  // Node takes a folder on standard input for nothing at all.
  if (fstatSync(0).isDirectory()) throw unreadable('it is a folder');
  const pairs = versionPairs(VERSION_SCHEMES[name], json);
  const answers = async function* (input: AsyncIterable<Buffer>): AsyncGenerator<string> {
    for await (const chunk of input) {
      const text = pairs.push(chunk);
      if (text !== '') yield text;
    }
    yield pairs.end();
  };
  try {
    await pipeline(process.stdin, answers, process.stdout, { end: false });
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') return EXIT.ok;
    if (code === 'ENOSPC') throw new KintsugiError('NoSpace', 'standard output has no space left', { cause: error });
    if (syscall !== 'read') throw error;
    throw unreadable(message, error);
  }
  return EXIT.ok;
}

function unreadable(why: string, cause?: unknown): KintsugiError {
  return new KintsugiError('Usage', `standard input cannot be read: ${why}`, { cause });
}
