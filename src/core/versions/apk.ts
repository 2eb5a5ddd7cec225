import { type ApkToken, FIRST_POST_RELEASE, firstToken, nextToken, TOKEN } from './apk-token.ts';
import { compareDigits, compareText } from './digits.ts';
import { keyOf, MAX_VERSION_LENGTH, pushNumber, pushText, type VersionKey } from './key.ts';

/**
 * Versions of Alpine packages, `digits{.digits}[letter]{_suffix[digits]}[~hash][-rdigits]`, as apk-tools 3 reads them.
 * https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/master/src/version.c
 */

const ZERO = 48;

/** What `apk version --check` accepts. */
export function isValidApk(text: string): boolean {
  if (text.length > MAX_VERSION_LENGTH) return false;
  const token = firstToken(text);
  while (token.kind < TOKEN.end) nextToken(token);
  return token.kind === TOKEN.end;
}

/**
 * -1, 0 or 1 as `a` is older than, as old as or newer than `b`. Like `apk version --test`, it compares what is no valid
 * version up to the place where it stops to be one.
 */
export function compareApk(a: string, b: string): -1 | 0 | 1 {
  return a === b ? 0 : compareTokens(a, b, false);
}

/** An operator of a dependency; `~` matches any version that starts with the given one, `!` turns the answer round. */
export type ApkOperator = `${'' | '!'}${'<' | '<=' | '=' | '>=' | '>' | '~' | '<~' | '>~'}`;

/** Does `version` satisfy the dependency `operator wanted`, such as `3.6.9 ~ 3.6`? */
export function matchesApk(version: string, operator: ApkOperator, wanted: string): boolean {
  const isFuzzy = operator.includes('~');
  const order = compareTokens(version, wanted, isFuzzy);
  const sign = order < 0 ? '<' : order > 0 ? '>' : '=';
  const isMet = operator.includes(sign) || (order === 0 && isFuzzy);
  return operator.startsWith('!') ? !isMet : isMet;
}

function compareTokens(a: string, b: string, isFuzzy: boolean): -1 | 0 | 1 {
  const x = firstToken(a);
  const y = firstToken(b);
  while (x.kind === y.kind && x.kind < TOKEN.end) {
    const values = compareValues(x, y);
    if (values !== 0) return values;
    nextToken(x);
    nextToken(y);
  }
  if (x.kind === y.kind || (isFuzzy && y.kind === TOKEN.end)) return 0;
  // One version goes on where the other one ends or takes another turn: it is newer, unless as a pre-release.
  if (isPrerelease(x)) return -1;
  if (isPrerelease(y)) return 1;
  return x.kind > y.kind ? -1 : 1;
}

function isPrerelease(token: ApkToken): boolean {
  return token.kind === TOKEN.suffix && token.rank < FIRST_POST_RELEASE;
}

/** Compares two tokens of one kind. */
function compareValues(x: ApkToken, y: ApkToken): -1 | 0 | 1 {
  if (x.kind === TOKEN.suffix) return x.rank === y.rank ? 0 : x.rank < y.rank ? -1 : 1;
  return isText(x) || isText(y)
    ? compareText(x.text, x.start, x.end, y.text, y.start, y.end)
    : compareDigits(x.text, x.start, x.end, y.text, y.start, y.end);
}

/** Digits behind a dot are a fraction where they start with a zero, as in 1.05: they compare as text then. */
function isText(token: ApkToken): boolean {
  return token.kind === TOKEN.digits
    ? token.text.charCodeAt(token.start) === ZERO
    : token.kind === TOKEN.letter || token.kind === TOKEN.hash;
}

/**
 * Symbols of a key in the order in which what they announce sorts. What comes after `END` is newer than a version that
 * ends there, and the pre-release suffixes, one symbol each, are older.
 */
const PRERELEASE = 33;
const END = PRERELEASE + FIRST_POST_RELEASE;
const REVISION = END + 1;
const HASH = REVISION + 1;
const SUFFIX_NUMBER = HASH + 1;
const POST_RELEASE = SUFFIX_NUMBER + 1 - FIRST_POST_RELEASE;
const LETTER = 46;
const DIGITS = 47;
const ANNOUNCES: Readonly<Record<number, number>> = {
  [TOKEN.revision]: REVISION,
  [TOKEN.hash]: HASH,
  [TOKEN.suffixNumber]: SUFFIX_NUMBER,
  [TOKEN.letter]: LETTER,
  [TOKEN.digits]: DIGITS,
};
/** Ends a text and tells a fraction from a number: below any digit, letter or length. */
const LOWEST = 33;
const NUMBER = 34;

/** The sortable key of a version; undefined where `isValidApk` says no. */
export function apkKey(text: string): VersionKey | undefined {
  if (text.length > MAX_VERSION_LENGTH) return undefined;
  const symbols: number[] = [];
  const token = firstToken(text);
  for (; token.kind < TOKEN.end; nextToken(token)) pushToken(symbols, token);
  if (token.kind === TOKEN.invalid) return undefined;
  symbols.push(END);
  return keyOf(symbols);
}

function pushToken(symbols: number[], token: ApkToken): void {
  const { kind, text, start, end, rank } = token;
  if (kind === TOKEN.suffix) {
    symbols.push((isPrerelease(token) ? PRERELEASE : POST_RELEASE) + rank);
    return;
  }
  if (kind !== TOKEN.first) symbols.push(ANNOUNCES[kind] ?? END);
  if (!isText(token)) {
    pushNumber(symbols, NUMBER, text, start, end);
  } else {
    if (kind === TOKEN.digits) symbols.push(LOWEST);
    pushText(symbols, text, start, end);
    symbols.push(LOWEST);
  }
}
