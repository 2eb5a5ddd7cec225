import { compareDigits, endOfDigits, endOfZeros, isDigit, isLetter } from './digits.ts';
import { keyOf, MAX_VERSION_LENGTH, pushNumber, type VersionKey } from './key.ts';

/**
 * Versions of Debian packages, `[epoch:]upstream[-revision]`.
 * Order: https://www.debian.org/doc/debian-policy/ch-controlfields.html#version
 * Validity: what `dpkg --validate-version` of dpkg 1.21 accepts (its `parseversion()`), oddities included.
 */
export interface DpkgVersion {
  /** 0 where there is none; at most 2147483647. */
  readonly epoch: number;
  readonly upstream: string;
  /** Null where there is none; that sorts like `0`. */
  readonly revision: string | null;
}

/** A version, or why it is none: in dpkg's own words, so that a search finds them. */
export type DpkgParse = { readonly version: DpkgVersion } | { readonly reason: string };

const LARGEST_EPOCH = 2147483647;
const PLUS = 43;
const HYPHEN = 45;
const DOT = 46;
const COLON = 58;
const TILDE = 126;

/**
 * What a character counts for in a run of non-digits: a tilde less than the end of the run, letters before all else.
 * A digit ends the run, as the end of the text does, and counts nothing.
 */
const WEIGHTS = Int16Array.from({ length: 128 }, (_, code) => {
  if (code === TILDE) return -1;
  if (isDigit(code)) return 0;
  return isLetter(code) ? code : code + 256;
});

/** Where in a text the digits of its epoch, its upstream version and its revision are. */
interface Parts {
  readonly epoch: number;
  readonly epochEnd: number;
  readonly upstream: number;
  readonly upstreamEnd: number;
  readonly end: number;
}

export function parseDpkg(text: string): DpkgParse {
  const parts = partsOf(text);
  if (typeof parts === 'string') return { reason: parts };
  return {
    version: {
      epoch: Number(text.slice(parts.epoch, parts.epochEnd)),
      upstream: text.slice(parts.upstream, parts.upstreamEnd),
      revision: parts.upstreamEnd === parts.end ? null : text.slice(parts.upstreamEnd + 1, parts.end),
    },
  };
}

export function isValidDpkg(text: string): boolean {
  return typeof partsOf(text) !== 'string';
}

function partsOf(text: string): Parts | string {
  if (text.length > MAX_VERSION_LENGTH) return 'version string is too long';
  let end = text.length;
  let start = 0;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  if (start === end) return 'version string is empty';
  let colon = -1;
  let hyphen = -1;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (isBlank(code)) return 'version string has embedded spaces';
    if (code === HYPHEN) hyphen = i;
    else if (code === COLON && colon < 0) colon = i;
  }
  let epoch = start;
  if (colon >= 0) {
    epoch = startOfNumber(text, start);
    const problem = epochProblem(text, epoch, colon);
    if (problem !== undefined) return problem;
    if (colon + 1 === text.length) return 'nothing after colon in version number';
  }
  const upstream = colon + 1 || start;
  const upstreamEnd = hyphen >= upstream ? hyphen : end;
  const problem = charactersProblem(text, upstream, upstreamEnd, end);
  return problem ?? { epoch, epochEnd: colon < 0 ? start : colon, upstream, upstreamEnd, end };
}

/** dpkg reads the epoch with strtol(3), which skips white space and a sign. */
function startOfNumber(text: string, at: number): number {
  let i = at;
  for (let code = text.charCodeAt(i); code === 32 || (code >= 9 && code <= 13); code = text.charCodeAt(i)) i++;
  return text.charCodeAt(i) === PLUS || text.charCodeAt(i) === HYPHEN ? i + 1 : i;
}

function epochProblem(text: string, at: number, colon: number): string | undefined {
  const end = endOfDigits(text, at, colon);
  if (end === at) return 'epoch in version is empty';
  if (end !== colon) return 'epoch in version is not number';
  const significant = endOfZeros(text, at, colon);
  if (significant < colon && text.charCodeAt(at - 1) === HYPHEN) return 'epoch in version is negative';
  if (Number(text.slice(significant, colon)) > LARGEST_EPOCH) return 'epoch in version is too big';
  return undefined;
}

function charactersProblem(text: string, upstream: number, upstreamEnd: number, end: number): string | undefined {
  if (upstreamEnd + 1 === end) return 'revision number is empty';
  if (upstream === upstreamEnd) return 'version number is empty';
  if (!isDigit(text.charCodeAt(upstream))) return 'version number does not start with digit';
  for (let i = upstream; i < upstreamEnd; i++) {
    const code = text.charCodeAt(i);
    if (!isRevision(code) && code !== HYPHEN && code !== COLON) return 'invalid character in version number';
  }
  for (let i = upstreamEnd + 1; i < end; i++) {
    if (!isRevision(text.charCodeAt(i))) return 'invalid character in revision number';
  }
  return undefined;
}

function isRevision(code: number): boolean {
  return isDigit(code) || isLetter(code) || code === DOT || code === PLUS || code === TILDE;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/**
 * -1, 0 or 1 as `a` is older than, as old as or newer than `b`. What is no valid version is compared by the same
 * rules as far as they go, without an error, as dpkg does.
 */
export function compareDpkg(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  const i = endOfDigits(a, 0, a.length);
  const j = endOfDigits(b, 0, b.length);
  if (i > 0 && j > 0 && a.charCodeAt(i) !== COLON && b.charCodeAt(j) !== COLON) {
    // Without epochs the first numbers decide between most versions.
    const numbers = compareDigits(a, 0, i, b, 0, j);
    if (numbers !== 0) return numbers;
  }
  return isPlain(a) && isPlain(b) ? comparePlain(a, b) : comparePlain(plain(a), plain(b));
}

/** Nearly all versions are plain: no blanks around them, no sign or white space before the epoch. */
function isPlain(text: string): boolean {
  return isDigit(text.charCodeAt(0)) && !isBlank(text.charCodeAt(text.length - 1));
}

function plain(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  const number = startOfNumber(text, start);
  const hasEpoch = number > start && endOfEpoch(text, number) > number;
  return text.slice(hasEpoch ? number : start, end);
}

function comparePlain(a: string, b: string): -1 | 0 | 1 {
  const i = endOfEpoch(a, 0);
  const j = endOfEpoch(b, 0);
  if (i + j > 0) {
    const epochs = compareDigits(a, 0, Math.max(i - 1, 0), b, 0, Math.max(j - 1, 0));
    if (epochs !== 0) return epochs;
  }
  const aEnd = endOfUpstream(a, i);
  const bEnd = endOfUpstream(b, j);
  const upstreams = compareRuns(a, i, aEnd, b, j, bEnd);
  return upstreams !== 0 ? upstreams : compareRuns(a, aEnd + 1, a.length, b, bEnd + 1, b.length);
}

/** Index behind the colon of an epoch that starts at `at`; `at` where there is none. */
function endOfEpoch(text: string, at: number): number {
  const digits = endOfDigits(text, at, text.length);
  return digits > at && text.charCodeAt(digits) === COLON ? digits + 1 : at;
}

/** Index of the last hyphen from `at` on, else the length: the revision starts behind the last one. */
function endOfUpstream(text: string, at: number): number {
  for (let i = text.length - 1; i >= at; i--) if (text.charCodeAt(i) === HYPHEN) return i;
  return text.length;
}

/** Runs of non-digits and numbers in turn, of `a[i, aEnd)` and `b[j, bEnd)`. */
function compareRuns(a: string, i: number, aEnd: number, b: string, j: number, bEnd: number): -1 | 0 | 1 {
  let p = i;
  let q = j;
  while (p < aEnd || q < bEnd) {
    for (;;) {
      const x = p < aEnd ? weightOf(a.charCodeAt(p)) : 0;
      const y = q < bEnd ? weightOf(b.charCodeAt(q)) : 0;
      if (x !== y) return x < y ? -1 : 1;
      if (x === 0) break;
      p++;
      q++;
    }
    const pEnd = endOfDigits(a, p, aEnd);
    const qEnd = endOfDigits(b, q, bEnd);
    const numbers = compareDigits(a, p, pEnd, b, q, qEnd);
    if (numbers !== 0) return numbers;
    p = pEnd;
    q = qEnd;
  }
  return 0;
}

function weightOf(code: number): number {
  return code < 128 ? (WEIGHTS[code] ?? 0) : code + 256;
}

/** First symbol of a number in a key, and the end of a part: between a tilde and a letter. */
const NUMBER = 34;

/** Symbols of a key for what sorts after letters, which stand for themselves, and for the tilde before all. */
const MARKS: Readonly<Record<number, number>> = { [TILDE]: 33, [PLUS]: 123, [HYPHEN]: 124, [DOT]: 125, [COLON]: 126 };

/** The sortable key of a version; undefined where `isValidDpkg` says no. */
export function dpkgKey(text: string): VersionKey | undefined {
  const parts = partsOf(text);
  if (typeof parts === 'string') return undefined;
  const symbols: number[] = [];
  pushNumber(symbols, NUMBER, text, parts.epoch, parts.epochEnd);
  pushRuns(symbols, text, parts.upstream, parts.upstreamEnd);
  pushRuns(symbols, text, parts.upstreamEnd + 1, parts.end);
  return keyOf(symbols);
}

/** Ends with a number even where the text does not: `1.` is `1.0`, and no revision is revision 0. */
function pushRuns(symbols: number[], text: string, at: number, end: number): void {
  let i = at;
  do {
    for (let code = text.charCodeAt(i); i < end && !isDigit(code); code = text.charCodeAt(++i)) {
      symbols.push(MARKS[code] ?? code);
    }
    const digits = endOfDigits(text, i, end);
    pushNumber(symbols, NUMBER, text, i, digits);
    i = digits;
  } while (i < end);
  symbols.push(NUMBER);
}
