import jsonata from 'jsonata';
import { LONGEST_SEQUENCE } from './functions.ts';
import { JsonataRegex } from './regex.ts';

/** The longest expression, in characters. */
const LONGEST = 100_000;
/** JSONata's bounds: milliseconds of one evaluation, nested evaluations, values in a sequence. */
const BOUNDS = { timeout: 2000, stack: 500, sequence: LONGEST_SEQUENCE };

/** Names that only we bind. */
export const FORBIDDEN: ReadonlySet<string> = new Set(['states', '$', 'eval']);

type Compiled =
  | { readonly ok: true; readonly expression: jsonata.Expression }
  | { readonly ok: false; readonly message: string };

const MOST_KEPT = 500;
const kept = new Map<string, Compiled>();

/** A compiled expression, or JSONata's message with its code. The last few hundred are kept. */
export function compile(source: string): Compiled {
  const known = kept.get(source);
  if (known !== undefined) return known;
  const fresh = compileNew(source);
  const [oldest] = kept.keys();
  if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(source, fresh);
  return fresh;
}

function compileNew(source: string): Compiled {
  if (source.length > LONGEST) return { ok: false, message: `The expression is longer than ${LONGEST} characters` };
  try {
    const RegexEngine = JsonataRegex as unknown as RegExpConstructor;
    return { ok: true, expression: jsonata(source, { RegexEngine, ...BOUNDS }) };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
}

/** What JSONata throws is an object with a code and a message, not always an Error. */
export function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { code, message } = error as { code?: unknown; message?: unknown };
  const said = typeof message === 'string' ? message : 'Unknown error';
  return typeof code === 'string' ? `${code}: ${said}` : said;
}
