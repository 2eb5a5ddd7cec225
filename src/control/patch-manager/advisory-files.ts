import { constants } from 'node:buffer';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { KintsugiError } from '../../core/errors.ts';

const MEBIBYTE = 1024 ** 2;
/** Largest file, packed or unpacked, in bytes: 512 MiB, which is (but for a few bytes) also the longest text there is. */
const LARGEST_FILE = Math.min(512 * MEBIBYTE, constants.MAX_STRING_LENGTH);
const DEEPEST = 8;
const MOST_FILES = 200_000;

export interface AdvisoryFile {
  readonly path: string;
  /** Named by the user; otherwise found in a folder that was named. */
  readonly named: boolean;
}

/**
 * The files that a path stands for: itself, or every file in the folder and below (8 levels, 200,000 files), sorted.
 * Hidden entries and links to folders are passed over. Throws `AdvisoriesInvalid`.
 */
export async function advisoryFiles(path: string): Promise<readonly AdvisoryFile[]> {
  const info = await stat(path).catch((error) => fail(path, reasonOf(error)));
  if (!info.isDirectory()) return [{ path, named: true }];
  const files: AdvisoryFile[] = [];
  await collect(path, 0, files);
  return files;
}

async function collect(folder: string, depth: number, files: AdvisoryFile[]): Promise<void> {
  const names = await readdir(folder).catch((error) => fail(folder, reasonOf(error)));
  for (const name of names.sort()) {
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    const info = await lstat(path).catch((error) => fail(path, reasonOf(error)));
    const target = info.isSymbolicLink() ? await stat(path).catch(() => null) : info;
    if (target?.isFile()) files.push({ path, named: false });
    if (files.length > MOST_FILES) fail(folder, `it holds more than ${MOST_FILES} files`);
    if (!info.isDirectory()) continue;
    if (depth === DEEPEST) fail(path, `it is more than ${DEEPEST} folders deep`);
    await collect(path, depth + 1, files);
  }
}

/**
 * The text of a file of at most `largest` bytes, packed and unpacked. What is gzip or zstd is unpacked, whatever its
 * name. Throws `AdvisoriesInvalid`.
 */
export async function readAdvisoryFile(path: string, largest = LARGEST_FILE): Promise<string> {
  const info = await stat(path).catch((error) => fail(path, reasonOf(error)));
  if (!info.isFile()) fail(path, 'it is not a regular file');
  if (info.size > largest) fail(path, `it is larger than ${mebibytes(largest)}`);
  const packed = await readFile(path).catch((error) => fail(path, reasonOf(error)));
  const unpacked = await unpack(path, packed, largest);
  return unpacked.toString('utf8');
}

type Unpack = (packed: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const PACKED: readonly { magic: string; unpack: Unpack }[] = [
  { magic: '1f8b', unpack: promisify(gunzip) },
  { magic: '28b52ffd', unpack: promisify(zstdDecompress) },
];

const ARCHIVES: readonly { magic: string; at: number; advice: string }[] = [
  { magic: 'fd377a585a00', at: 0, advice: 'it is packed with xz: unpack it first with `xz --decompress`' },
  { magic: '425a68', at: 0, advice: 'it is packed with bzip2: unpack it first with `bunzip2`' },
  { magic: '504b0304', at: 0, advice: 'it is a zip archive: unpack it first with `unzip`, and give the folder' },
  { magic: '7573746172', at: 257, advice: 'it is a tar archive: unpack it first with `tar`, and give the folder' },
];

async function unpack(path: string, packed: Buffer, largest: number): Promise<Buffer> {
  const kind = PACKED.find(({ magic }) => startsAt(packed, 0, magic));
  const text =
    kind === undefined
      ? packed
      : await kind
          .unpack(packed, { maxOutputLength: largest })
          .catch((error) => fail(path, unpackReason(error, largest)));
  const archive = ARCHIVES.find(({ magic, at }) => startsAt(text, at, magic));
  if (archive !== undefined) fail(path, archive.advice);
  return text;
}

function startsAt(buffer: Buffer, at: number, magic: string): boolean {
  return buffer.subarray(at, at + magic.length / 2).toString('hex') === magic;
}

/** Throws the catalogue's error about a file of advisories. */
export function fail(path: string, reason: string): never {
  throw new KintsugiError('AdvisoriesInvalid', `${shown(path)}: ${reason}.`, { details: { path } });
}

/** A name found in a folder may hold anything: it is quoted where it has control characters. */
function shown(path: string): string {
  return /[\u0000-\u001f\u007f-\u009f]/.test(path) ? JSON.stringify(path) : path;
}

function unpackReason(error: unknown, largest: number): string {
  if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') return `it unpacks to more than ${mebibytes(largest)}`;
  return `it cannot be unpacked (${error instanceof Error ? error.message : String(error)})`;
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MEBIBYTE)} MiB`;
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  return `it cannot be read (${code})`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
