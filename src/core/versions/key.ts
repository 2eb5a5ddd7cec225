import { endOfZeros } from './digits.ts';

/**
 * A sortable key: a string of printable ASCII whose plain `<` is the order of versions and whose `===` is their
 * equality. The same characters sort alike as a PostgreSQL `bytea`, as `text COLLATE "C"` and under memcmp. Keys of
 * different schemes say nothing about each other.
 */
export type VersionKey = string;

/** Longer strings than this are no version to us: the longest in Debian has fewer than 100 characters. */
export const MAX_VERSION_LENGTH = 4096;

/** Numbers of up to this many digits take one symbol before their digits. */
const SHORT_NUMBER = 21;

export function compareKeys(a: VersionKey, b: VersionKey): -1 | 0 | 1 {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The bytes of a key, as `bytea` takes them. */
export function keyBytes(key: VersionKey): Uint8Array {
  const bytes = new Uint8Array(key.length);
  for (let i = 0; i < key.length; i++) bytes[i] = key.charCodeAt(i);
  return bytes;
}

/** Makes a key of its symbols: a flat string of one byte a character, which compares fastest. */
export function keyOf(symbols: readonly number[]): VersionKey {
  return String.fromCharCode.apply(null, symbols as number[]);
}

/**
 * Appends the number that the digits `text[at, end)` write: how many digits it has without leading zeros, then these.
 * The length is one symbol from `first` on; that of a long number is written as a number itself, behind a symbol that
 * says how many digits that takes. So any number sorts after every shorter one, and zero is `first` alone. Takes the
 * symbols `first` to `first + 30`.
 */
export function pushNumber(symbols: number[], first: number, text: string, at: number, end: number): void {
  const start = endOfZeros(text, at, end);
  const length = end - start;
  if (length <= SHORT_NUMBER) {
    symbols.push(first + length);
  } else {
    const written = String(length);
    symbols.push(first + SHORT_NUMBER + written.length - 1);
    pushText(symbols, written, 0, written.length);
  }
  pushText(symbols, text, start, end);
}

/** Appends the characters of `text[at, end)` as they are. */
export function pushText(symbols: number[], text: string, at: number, end: number): void {
  for (let i = at; i < end; i++) symbols.push(text.charCodeAt(i));
}
