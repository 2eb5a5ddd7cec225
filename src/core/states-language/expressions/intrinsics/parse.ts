import { accept, acceptMatch, type Reader, refuse, skipSpace } from '../json-path/reader.ts';
import { PathSyntaxError } from '../json-path/syntax.ts';
import { FUNCTIONS } from './functions.ts';
import { unescaped } from './unescape.ts';

export type Argument =
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'value'; readonly value: string | number | boolean | null; readonly raw: string };

export interface Call {
  readonly name: string;
  readonly args: readonly Argument[];
}

/** AWS's limits: characters of an intrinsic function, and calls in each other. */
const LONGEST = 10_000;
const DEEPEST = 10;

/**
 * Reads `States.Format('{} of {}', $.a, States.ArrayLength($.b))`. Throws PathSyntaxError.
 * https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
 */
export function parseCall(text: string): Call {
  if (text.length > LONGEST) throw new PathSyntaxError(`The intrinsic function is longer than ${LONGEST} characters`);
  const reader: Reader = { text, at: 0 };
  skipSpace(reader);
  const call = readCall(reader, 1);
  skipSpace(reader);
  return reader.at < text.length ? refuse(reader, `Unexpected '${text.charAt(reader.at)}'`) : call;
}

function readCall(reader: Reader, level: number): Call {
  if (level > DEEPEST) return refuse(reader, `More than ${DEEPEST} nested intrinsic functions`);
  const name = acceptMatch(reader, /States\.[A-Za-z0-9]+/y) ?? refuse(reader, 'Expected an intrinsic function');
  if (!Object.hasOwn(FUNCTIONS, name)) return refuse(reader, `Unknown intrinsic function '${name}'`);
  if (!accept(reader, '(')) return refuse(reader, "Expected '('");
  const args: Argument[] = [];
  skipSpace(reader);
  if (accept(reader, ')')) return checked(reader, { name, args });
  do {
    skipSpace(reader);
    args.push(readArgument(reader, level));
    skipSpace(reader);
  } while (accept(reader, ','));
  if (!accept(reader, ')')) return refuse(reader, "Expected ',' or ')'");
  return checked(reader, { name, args });
}

function checked(reader: Reader, call: Call): Call {
  const { least, most } = FUNCTIONS[call.name] ?? { least: 0, most: 0 };
  if (call.args.length >= least && call.args.length <= most) return call;
  return refuse(reader, `Invalid number of arguments for ${call.name}`);
}

const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

function readArgument(reader: Reader, level: number): Argument {
  const next = reader.text[reader.at];
  if (next === "'") return readText(reader);
  if (next === '$') return { kind: 'path', path: readPath(reader) };
  if (reader.text.startsWith('States.', reader.at)) return { kind: 'call', call: readCall(reader, level + 1) };
  const number = acceptMatch(reader, /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
  if (number !== null) return { kind: 'value', value: Number(number), raw: number };
  const word = acceptMatch(reader, /true|false|null/y);
  if (word === null) return refuse(reader, 'Expected an argument');
  return { kind: 'value', value: WORDS[word] ?? null, raw: word };
}

/** A text in single quotes. `raw` keeps the backslashes, which States.Format has a meaning for: `\{`. */
function readText(reader: Reader): Argument {
  const raw = acceptMatch(reader, /'(?:[^'\\]|\\[\s\S])*'/y);
  if (raw === null) return refuse(reader, 'A text does not end');
  const inner = raw.slice(1, -1);
  return { kind: 'value', value: unescaped(inner), raw: inner };
}

/** The text of a path: up to a comma or bracket that is outside of its own brackets and quotes. */
function readPath(reader: Reader): string {
  const start = reader.at;
  let open = 0;
  for (; reader.at < reader.text.length; reader.at += 1) {
    const char = reader.text.charAt(reader.at);
    if (open === 0 && (char === ',' || char === ')' || char === ' ')) break;
    if (char === '[' || char === '(') open += 1;
    else if (char === ']' || char === ')') open -= 1;
    else if (open > 0 && (char === "'" || char === '"')) skipQuoted(reader, char);
  }
  return reader.text.slice(start, reader.at);
}

function skipQuoted(reader: Reader, quote: string): void {
  for (reader.at += 1; reader.at < reader.text.length && reader.text[reader.at] !== quote; reader.at += 1) {
    if (reader.text[reader.at] === '\\') reader.at += 1;
  }
}
