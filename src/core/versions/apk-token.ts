import { endOfDigits, isDigit } from './digits.ts';

/** Kinds of tokens in the order in which a version may hold them; only digits and suffixes may come again. */
export const TOKEN = {
  first: 0,
  digits: 1,
  letter: 2,
  suffix: 3,
  suffixNumber: 4,
  hash: 5,
  revision: 6,
  end: 7,
  invalid: 8,
} as const;
export type TokenKind = (typeof TOKEN)[keyof typeof TOKEN];

/** A token of a version, and by that the place up to which the version is read. `nextToken` moves it on. */
export interface ApkToken {
  readonly text: string;
  kind: TokenKind;
  /** The value is `text[start, end)`: digits, letters or hash, without the mark before them. */
  start: number;
  end: number;
  /** Of a suffix: its place in `SUFFIXES`. */
  rank: number;
}

/** In their order; those before `FIRST_POST_RELEASE` sort before the version without a suffix. */
const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', 'cvs', 'svn', 'git', 'hg', 'p'] as const;
export const FIRST_POST_RELEASE = SUFFIXES.indexOf('cvs');

const HYPHEN = 45;
const DOT = 46;
const UNDERSCORE = 95;
const LETTER_R = 114;
const TILDE = 126;

export function firstToken(text: string): ApkToken {
  const end = endOfDigits(text, 0, text.length);
  return { text, kind: end > 0 ? TOKEN.first : TOKEN.invalid, start: 0, end, rank: 0 };
}

/** Reads the token behind this one into it. Behind the end and behind what is invalid there is only the same again. */
export function nextToken(token: ApkToken): void {
  const { text, kind, end: at } = token;
  if (kind >= TOKEN.end) return;
  if (at === text.length) {
    token.kind = TOKEN.end;
    return;
  }
  const code = text.charCodeAt(at);
  if (code === DOT && kind <= TOKEN.digits) {
    take(token, TOKEN.digits, at + 1, endOfDigits(text, at + 1, text.length));
  } else if (isLowerCase(code) && kind <= TOKEN.digits) {
    take(token, TOKEN.letter, at, at + 1);
  } else if (code === UNDERSCORE && kind <= TOKEN.suffixNumber) {
    takeSuffix(token, at + 1);
  } else if (isDigit(code) && kind === TOKEN.suffix) {
    take(token, TOKEN.suffixNumber, at, endOfDigits(text, at, text.length));
  } else if (code === TILDE && kind < TOKEN.hash) {
    take(token, TOKEN.hash, at + 1, endOfHash(text, at + 1));
  } else if (code === HYPHEN && text.charCodeAt(at + 1) === LETTER_R && kind < TOKEN.revision) {
    take(token, TOKEN.revision, at + 2, endOfDigits(text, at + 2, text.length));
  } else {
    token.kind = TOKEN.invalid;
  }
}

function take(token: ApkToken, kind: TokenKind, start: number, end: number): void {
  token.kind = end > start ? kind : TOKEN.invalid;
  token.start = start;
  token.end = end;
}

function takeSuffix(token: ApkToken, start: number): void {
  let end = start;
  while (isLowerCase(token.text.charCodeAt(end))) end++;
  token.rank = SUFFIXES.findIndex((name) => name.length === end - start && token.text.startsWith(name, start));
  take(token, token.rank < 0 ? TOKEN.invalid : TOKEN.suffix, start, end);
}

function endOfHash(text: string, at: number): number {
  let i = at;
  for (let code = text.charCodeAt(i); isDigit(code) || (code >= 97 && code <= 102); code = text.charCodeAt(i)) i++;
  return i;
}

function isLowerCase(code: number): boolean {
  return code >= 97 && code <= 122;
}
