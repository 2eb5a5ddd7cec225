import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { issue, quoted } from '../../core/baselines/issue.ts';
import { lineIndex } from '../../core/baselines/line-index.ts';
import { type ParsedBaseline, parseBaseline } from '../../core/baselines/parse.ts';
import { MAX_BASELINE_BYTES } from '../../core/baselines/text-limits.ts';
import { KintsugiError } from '../../core/errors.ts';

/** A baseline's file as it was read. */
export interface BaselineFile {
  /** The path for messages, safe to print; `standard input` for `-`. */
  readonly shown: string;
  readonly text: string;
  readonly parsed: ParsedBaseline;
}

/**
 * Reads and checks a baseline's file; `-` is standard input. What is wrong inside is in `parsed`.
 * Throws BaselineNotFound or Permission where there is no file to read.
 */
export async function readBaselineFile(path: string, stdin: Readable = process.stdin): Promise<BaselineFile> {
  const shown = path === '-' ? 'standard input' : shownPath(path);
  const bytes = path === '-' ? await readBounded(stdin) : await readFileBounded(path, shown);
  const text = decode(bytes);
  if (text !== null) return { shown, text, parsed: parseBaseline(text, path) };
  const lossy = new TextDecoder().decode(bytes);
  const at = { path: '', ...lineIndex(lossy).at(lossy.indexOf('\ufffd')) };
  const issues = [issue(at, 'this is not UTF-8 text', null)];
  return { shown, text: lossy, parsed: { ok: false, issues, warnings: [] } };
}

function shownPath(path: string): string {
  return /[\p{Cc}\p{Cf}]/u.test(path) ? quoted(path) : path;
}

async function readFileBounded(path: string, shown: string): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    return await readBounded(file.createReadStream({ end: MAX_BASELINE_BYTES, autoClose: false }));
  } catch (error) {
    throw unreadable(shown, error);
  } finally {
    await file?.close();
  }
}

/** One byte more than a baseline may have is enough to refuse it: the rest is never read. */
async function readBounded(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > MAX_BASELINE_BYTES) break;
  }
  return Buffer.concat(chunks);
}

function unreadable(shown: string, error: unknown): KintsugiError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const options = { cause: error };
  if (code === 'EACCES' || code === 'EPERM') {
    return new KintsugiError('Permission', `${shown}: permission to read it is denied.`, options);
  }
  if (code === 'EISDIR') return new KintsugiError('BaselineNotFound', `${shown} is a folder, not a file.`, options);
  if (code === 'ENOENT') return new KintsugiError('BaselineNotFound', `${shown}: there is no such file.`, options);
  return new KintsugiError('BaselineNotFound', `${shown} cannot be read${code ? ` (${code})` : ''}.`, options);
}

/** UTF-8, or UTF-16 where a byte order mark says so: what PowerShell's `>` makes of the AWS CLI's output. */
function decode(bytes: Buffer): string | null {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
