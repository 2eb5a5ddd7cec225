import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { type CsvError, parse } from 'csv-parse';
import type { Json } from '../../../core/states-language/json.ts';

/** Bytes that are read of an object, or of the files of a manifest together, once they are unpacked. */
export const MOST_BYTES = 64 * 1024 * 1024;
/** Bytes of one item, and of one row that ends nowhere. */
export const MOST_ITEM_BYTES = 262_144;
const MOST_HEADER_BYTES = 10 * 1024;

/** A dataset that is none; the message is the cause of States.ItemReaderFailed. */
export class ItemFault extends Error {}

type Bytes = AsyncIterable<Uint8Array>;

/** No more than MOST_BYTES; ItemFault where there are. */
export async function* bounded(bytes: Bytes): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of bytes) {
    seen += chunk.byteLength;
    if (seen > MOST_BYTES) throw new ItemFault(`The dataset is larger than ${MOST_BYTES} bytes.`);
    yield chunk;
  }
}

export async function textOf(bytes: Bytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

/** A document whose array, or the one at `pointer` (RFC 6901), holds the items. */
export async function* jsonItems(bytes: Bytes, pointer: string | null): AsyncGenerator<Json> {
  let found: Json | undefined = parsed(await textOf(bytes), 'The object is no JSON');
  for (const part of pointer === null ? [] : pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const isIn: boolean = typeof found === 'object' && found !== null && Object.hasOwn(found, name);
    found = isIn ? (found as Record<string, Json>)[name] : undefined;
  }
  if (!Array.isArray(found)) throw new ItemFault('Attempting to map over non-iterable node.');
  yield* found as Json[];
}

/** A JSON value in each line that is not empty. */
export async function* jsonLines(bytes: Bytes): AsyncGenerator<Json> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let line = 0;
  const value = (text: string): Json => parsed(text, `Line ${line} of the object is no JSON`);
  for await (const chunk of bytes) {
    const lines = (rest + decoder.write(Buffer.from(chunk))).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MOST_ITEM_BYTES) throw new ItemFault(`Line ${line + 1} is longer than ${MOST_ITEM_BYTES} bytes.`);
    for (const text of lines) {
      line += 1;
      if (text.trim() !== '') yield value(text);
    }
  }
  line += 1;
  rest += decoder.end();
  if (rest.trim() !== '') yield value(rest);
}

/**
 * Rows of RFC 4180 as objects by the names of their columns, the first row's where none are given. Fields beyond the
 * names are left out, and those that a row does not have are empty, as AWS has it.
 */
export async function* csvItems(
  bytes: Bytes,
  { headers, delimiter }: { readonly headers: readonly string[] | null; readonly delimiter: string },
): AsyncGenerator<Json> {
  const rows = Readable.from(bytes).compose(
    parse({
      delimiter,
      bom: true,
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: MOST_ITEM_BYTES,
    }),
  );
  let names = headers;
  try {
    for await (const row of rows as AsyncIterable<string[]>) {
      if (names === null) {
        names = row;
        if (Buffer.byteLength(row.join(delimiter)) > MOST_HEADER_BYTES)
          throw new ItemFault(`The header is longer than ${MOST_HEADER_BYTES} bytes.`);
        continue;
      }
      yield Object.fromEntries(names.map((name, index) => [name, row[index] ?? '']));
    }
  } catch (error) {
    const { code } = error as CsvError;
    if (typeof code !== 'string' || !code.startsWith('CSV_')) throw error;
    throw new ItemFault(`The object is no CSV: ${(error as Error).message.slice(0, 300)}`);
  }
}

/** What an inventory of S3 names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html */
export interface InventoryFiles {
  readonly bucket: string;
  readonly keys: readonly string[];
  readonly columns: readonly string[];
}

export function inventoryOf(text: string): InventoryFiles {
  const manifest = parsed(text, 'The manifest is no JSON') as Record<string, Json> | null;
  const { destinationBucket, fileFormat, fileSchema, files } = manifest ?? {};
  const bucket = /^arn:[^:]+:s3:::(.+)$/.exec(String(destinationBucket))?.[1];
  if (bucket === undefined || typeof fileSchema !== 'string' || !Array.isArray(files))
    throw new ItemFault('The object is no manifest of an S3 inventory.');
  if (fileFormat !== 'CSV') throw new ItemFault(`Only inventories in CSV are read here, not ${String(fileFormat)}.`);
  const keys = files.map((file) => (file as { key?: Json } | null)?.key);
  if (!keys.every((key) => typeof key === 'string')) throw new ItemFault('A file of the manifest has no key.');
  return { bucket, keys, columns: fileSchema.split(',').map((name) => name.trim()) };
}

/** The bytes of a file that gzip made. */
export async function* unzipped(bytes: Bytes): AsyncGenerator<Uint8Array> {
  try {
    yield* Readable.from(bytes).compose(createGunzip()) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (!String((error as { code?: unknown }).code).startsWith('Z_')) throw error;
    throw new ItemFault('A file of the manifest is not what gzip makes.');
  }
}

function parsed(text: string, says: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) throw new ItemFault(`${says}: ${error.message.slice(0, 200)}`);
    throw error;
  }
}
