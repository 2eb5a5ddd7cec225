import { RE2JS } from 're2js';

/** The largest program of an expression: what it costs grows with this times the length of the text. */
const LARGEST_PROGRAM = 10_000;

export interface LinearRegex {
  /** Whether the expression matches somewhere in the text. */
  readonly isIn: (text: string) => boolean;
  /** Whether it matches the whole text. */
  readonly isWhole: (text: string) => boolean;
  /** The first match from `from` on, with its groups. */
  readonly find: (text: string, from: number) => { start: number; end: number; groups: (string | undefined)[] } | null;
}

/**
 * An expression in RE2's syntax that takes linear time whatever the text, so that a hostile one hangs nothing. Flags: `i`,
 * `m`, `s`. Look-around and back references are refused: throws an Error that says so.
 */
export function linearRegex(source: string, flags: string): LinearRegex {
  let mask = 0;
  if (flags.includes('i')) mask |= RE2JS.CASE_INSENSITIVE;
  if (flags.includes('m')) mask |= RE2JS.MULTILINE;
  if (flags.includes('s')) mask |= RE2JS.DOTALL;
  const compiled = RE2JS.compile(RE2JS.translateRegExp(source), mask);
  if (compiled.programSize() > LARGEST_PROGRAM) throw new Error('the regular expression is too large');
  return {
    isIn: (text) => compiled.test(text),
    isWhole: (text) => compiled.testExact(text),
    find: (text, from) => {
      const matcher = compiled.matcher(text);
      if (from > text.length || !matcher.find(from)) return null;
      const groups = Array.from({ length: matcher.groupCount() }, (_, index) => matcher.group(index + 1) ?? undefined);
      return { start: matcher.start(), end: matcher.end(), groups };
    },
  };
}
