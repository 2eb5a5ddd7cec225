import { compareDigits, compareText, endOfDigits, isDigit, isLetter } from './digits.ts';
import { keyOf, MAX_VERSION_LENGTH, pushNumber, pushText, type VersionKey } from './key.ts';

/**
 * Versions of rpm packages, `[epoch:]version[-release]` (EVR).
 * Order: rpm's `rpmvercmp()` with `~` and `^`, https://rpm.org/docs/latest/manual/dependencies.html#versioning
 * and `rpmverCmp()` for the whole: no epoch is epoch 0, no release sorts before any release.
 * Validity: `rpmverParse()` refuses nothing but the empty string; what it does not know, it takes for a separator.
 */
export interface RpmVersion {
  /** The digits before the colon, null where there is none. */
  readonly epoch: string | null;
  readonly version: string;
  readonly release: string | null;
}

const HYPHEN = 45;
const COLON = 58;
const CARET = 94;
const TILDE = 126;

/** The parts of an EVR, cut where rpm cuts; undefined where `isValidRpm` says no. */
export function parseRpm(text: string): RpmVersion | undefined {
  if (!isValidRpm(text)) return undefined;
  const version = startOfVersion(text);
  const hyphen = endOfVersion(text);
  return {
    epoch: version > 0 ? text.slice(0, version - 1) || '0' : null,
    version: text.slice(version, hyphen),
    release: hyphen === text.length ? null : text.slice(hyphen + 1),
  };
}

export function isValidRpm(text: string): boolean {
  return text !== '' && text.length <= MAX_VERSION_LENGTH && !text.includes('\0');
}

/** -1, 0 or 1 as the EVR `a` is older than, as old as or newer than `b`. */
export function compareRpm(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  const i = startOfVersion(a);
  const j = startOfVersion(b);
  if (i + j > 0) {
    const epochs = compareDigits(a, 0, Math.max(i - 1, 0), b, 0, Math.max(j - 1, 0));
    if (epochs !== 0) return epochs;
  }
  const aEnd = endOfVersion(a);
  const bEnd = endOfVersion(b);
  const versions = compareSegments(a, i, aEnd, b, j, bEnd);
  if (versions !== 0) return versions;
  const aHas = aEnd < a.length;
  if (aHas !== bEnd < b.length) return aHas ? 1 : -1;
  return compareSegments(a, aEnd + 1, a.length, b, bEnd + 1, b.length);
}

/** Compares two versions or two releases alone: rpm's `rpmvercmp()`. */
export function rpmvercmp(a: string, b: string): -1 | 0 | 1 {
  return compareSegments(a, 0, a.length, b, 0, b.length);
}

/** Index behind the colon of the epoch; 0 where there is none. */
function startOfVersion(text: string): number {
  const digits = endOfDigits(text, 0, text.length);
  return text.charCodeAt(digits) === COLON ? digits + 1 : 0;
}

/** Index of the last hyphen, else the length: the release starts behind it. */
function endOfVersion(text: string): number {
  for (let i = text.length - 1; i >= 0; i--) if (text.charCodeAt(i) === HYPHEN) return i;
  return text.length;
}

/** What a segment starts with, in the order in which segments sort. */
const PRERELEASE = 0;
const END = 1;
const SNAPSHOT = 2;
const LETTERS = 3;
const DIGITS = 4;

function compareSegments(a: string, i: number, aEnd: number, b: string, j: number, bEnd: number): -1 | 0 | 1 {
  let p = i;
  let q = j;
  for (;;) {
    p = endOfSeparators(a, p, aEnd);
    q = endOfSeparators(b, q, bEnd);
    const kind = kindOf(a, p, aEnd);
    const other = kindOf(b, q, bEnd);
    if (kind !== other) return kind < other ? -1 : 1;
    if (kind === END) return 0;
    const pEnd = endOfSegment(kind, a, p, aEnd);
    const qEnd = endOfSegment(kind, b, q, bEnd);
    const segments = kind === DIGITS ? compareDigits(a, p, pEnd, b, q, qEnd) : compareText(a, p, pEnd, b, q, qEnd);
    if (segments !== 0) return segments;
    p = pEnd;
    q = qEnd;
  }
}

function endOfSeparators(text: string, at: number, end: number): number {
  let i = at;
  for (; i < end; i++) {
    const code = text.charCodeAt(i);
    if (isDigit(code) || isLetter(code) || code === TILDE || code === CARET) break;
  }
  return i;
}

function kindOf(text: string, at: number, end: number): number {
  if (at >= end) return END;
  const code = text.charCodeAt(at);
  if (isDigit(code)) return DIGITS;
  if (code === TILDE) return PRERELEASE;
  return code === CARET ? SNAPSHOT : LETTERS;
}

function endOfSegment(kind: number, text: string, at: number, end: number): number {
  if (kind === DIGITS) return endOfDigits(text, at, end);
  let i = at + 1;
  if (kind === LETTERS) while (i < end && isLetter(text.charCodeAt(i))) i++;
  return i;
}

/** Symbols of a key in the order in which they sort: no release, then the kinds of segments, the last being numbers. */
const NO_RELEASE = 33;
const KIND = 34;
const NUMBER = KIND + DIGITS;
/** Ends a run of letters; below any letter. */
const END_OF_LETTERS = NO_RELEASE;

/** The sortable key of an EVR; undefined where `isValidRpm` says no. */
export function rpmKey(text: string): VersionKey | undefined {
  if (!isValidRpm(text)) return undefined;
  const symbols: number[] = [];
  const version = startOfVersion(text);
  const hyphen = endOfVersion(text);
  pushNumber(symbols, NUMBER, text, 0, Math.max(version - 1, 0));
  pushSegments(symbols, text, version, hyphen);
  if (hyphen === text.length) symbols.push(NO_RELEASE);
  else pushSegments(symbols, text, hyphen + 1, text.length);
  return keyOf(symbols);
}

function pushSegments(symbols: number[], text: string, at: number, end: number): void {
  for (let i = endOfSeparators(text, at, end); i < end; i = endOfSeparators(text, i, end)) {
    const kind = kindOf(text, i, end);
    const segmentEnd = endOfSegment(kind, text, i, end);
    if (kind === DIGITS) {
      pushNumber(symbols, NUMBER, text, i, segmentEnd);
    } else {
      symbols.push(KIND + kind);
      if (kind === LETTERS) {
        pushText(symbols, text, i, segmentEnd);
        symbols.push(END_OF_LETTERS);
      }
    }
    i = segmentEnd;
  }
  symbols.push(KIND + END);
}
