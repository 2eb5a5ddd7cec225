import type { VersionScheme } from '../../core/versions/schemes.ts';

/** Two versions of any length and some space between them; a longer line is no pair, and is never held whole. */
const MAX_LINE = 65536;
const LINE_FEED = '\n';
const SPACE = 32;

/** Turns bytes as they come into answers, a line for each line. */
export interface VersionPairs {
  /** Answers for the lines that the chunk completes. */
  readonly push: (chunk: Buffer) => string;
  /** The answer for a last line without a line feed. */
  readonly end: () => string;
}

/**
 * Compares the pairs of versions in a stream, a pair a line. Bytes are taken for characters one by one, as the package
 * managers do: a version is ASCII, and what is not stays distinct.
 */
export function versionPairs(scheme: VersionScheme, json: boolean): VersionPairs {
  const answer = json ? answerAsJson : answerPlainly;
  let rest = '';
  let isTooLong = false;

  const push = (chunk: Buffer): string => {
    const text = rest + chunk.toString('latin1');
    let out = '';
    let start = 0;
    for (let end = text.indexOf(LINE_FEED); end >= 0; end = text.indexOf(LINE_FEED, start)) {
      out += isTooLong || end - start > MAX_LINE ? answer(scheme, undefined) : answer(scheme, pairIn(text, start, end));
      isTooLong = false;
      start = end + 1;
    }
    isTooLong ||= text.length - start > MAX_LINE;
    rest = isTooLong ? '' : text.slice(start);
    return out;
  };

  const end = (): string => {
    if (isTooLong) return answer(scheme, undefined);
    return rest === '' ? '' : answer(scheme, pairIn(rest, 0, rest.length));
  };

  return { push, end };
}

interface Pair {
  readonly a: string;
  readonly b: string;
}

function pairIn(text: string, start: number, end: number): Pair | undefined {
  const a = endOfSpace(text, start, end);
  const aEnd = endOfWord(text, a, end);
  const b = endOfSpace(text, aEnd, end);
  const bEnd = endOfWord(text, b, end);
  if (b === bEnd || endOfSpace(text, bEnd, end) !== end) return undefined;
  return { a: text.slice(a, aEnd), b: text.slice(b, bEnd) };
}

function endOfSpace(text: string, at: number, end: number): number {
  let i = at;
  while (i < end && isSpace(text.charCodeAt(i))) i++;
  return i;
}

function endOfWord(text: string, at: number, end: number): number {
  let i = at;
  while (i < end && !isSpace(text.charCodeAt(i))) i++;
  return i;
}

/** Of isspace(3): blank, tab, carriage return and the rest of 9 to 13. */
function isSpace(code: number): boolean {
  return code === SPACE || (code >= 9 && code <= 13);
}

function compared(scheme: VersionScheme, pair: Pair | undefined): -1 | 0 | 1 | 'invalid' {
  if (pair === undefined || !scheme.isValid(pair.a) || !scheme.isValid(pair.b)) return 'invalid';
  return scheme.compare(pair.a, pair.b);
}

function answerPlainly(scheme: VersionScheme, pair: Pair | undefined): string {
  return `${compared(scheme, pair)}\n`;
}

function answerAsJson(scheme: VersionScheme, pair: Pair | undefined): string {
  const result = compared(scheme, pair);
  return `${JSON.stringify({ a: pair ? utf8(pair.a) : null, b: pair ? utf8(pair.b) : null, result })}\n`;
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
