/** A shell pattern: `*` any run of characters, `?` one character, `[a-z]` and `[!a-z]` one character of a set. */
export interface Glob {
  /** No wildcard in it: it matches exactly itself. */
  readonly literal: boolean;
  readonly matches: (text: string) => boolean;
}

type Token = '*' | '?' | { readonly one: string } | CharacterSet;

interface CharacterSet {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [from: string, to: string])[];
}

/**
 * Compiles a shell pattern as POSIX describes it (an unclosed `[` stands for itself; there is no escape character).
 * Characters are UTF-16 code units. Matching takes at most pattern length times text length steps whatever the
 * pattern: patterns come from files of strangers.
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_14
 */
export function compileGlob(pattern: string): Glob {
  const tokens = tokenize(pattern);
  if (tokens.every((token) => typeof token === 'object' && 'one' in token)) {
    return { literal: true, matches: (text) => text === pattern };
  }
  return { literal: false, matches: (text) => matchTokens(tokens, text) };
}

function tokenize(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < pattern.length) {
    const character = pattern.charAt(at);
    const set = character === '[' ? characterSet(pattern, at) : null;
    if (set) {
      tokens.push(set.set);
      at = set.end;
      continue;
    }
    if (character === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*');
    } else tokens.push(character === '?' ? '?' : { one: character });
    at += 1;
  }
  return tokens;
}

/** The set that opens at `start`; null where it never closes. A `]` that comes first belongs to the set. */
function characterSet(pattern: string, start: number): { set: CharacterSet; end: number } | null {
  const negated = pattern[start + 1] === '!' || pattern[start + 1] === '^';
  const first = start + (negated ? 2 : 1);
  const close = pattern.indexOf(']', first + 1);
  if (close < 0) return null;
  const ranges: [string, string][] = [];
  for (let at = first; at < close; at++) {
    const from = pattern.charAt(at);
    const isRange = pattern[at + 1] === '-' && at + 2 < close;
    ranges.push([from, isRange ? pattern.charAt(at + 2) : from]);
    if (isRange) at += 2;
  }
  return { set: { negated, ranges }, end: close + 1 };
}

function matchesOne(token: Token, character: string): boolean {
  if (token === '?') return true;
  if (token === '*') return false;
  if ('one' in token) return token.one === character;
  return token.ranges.some(([from, to]) => character >= from && character <= to) !== token.negated;
}

/**
 * Only the last `*` is ever reconsidered: whatever an earlier one would have taken more of, the last one can take
 * as well. That bounds the work where a backtracking matcher would explode.
 */
function matchTokens(tokens: readonly Token[], text: string): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const current = tokens[token];
    if (current === '*') {
      star = token++;
      starAt = at;
    } else if (current !== undefined && matchesOne(current, text.charAt(at))) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (tokens[token] === '*') token++;
  return token === tokens.length;
}
