import type { Json } from '../../json.ts';
import { accept, acceptMatch, expect, type Reader, readQuoted, refuse, skipSpace } from './reader.ts';
import { type Filter, type FilterPath, OPERATORS, type Operand, type Operator, type Segment } from './syntax.ts';

type ReadSegments = (reader: Reader, nested: number) => Segment[];

/** How deep brackets, negations and filters in filters may be nested. */
const DEEPEST = 32;

/** Reads `(@.price < 10 && !(@.sold) || @.name =~ /x/i)`, from its opening bracket to its closing one. */
export function parseFilter(reader: Reader, readSegments: ReadSegments, nested: number): Filter {
  if (nested > DEEPEST) return refuse(reader, 'The filter is nested too deeply');
  skipSpace(reader);
  expect(reader, '(');
  const filter = readOr(reader, readSegments, nested);
  skipSpace(reader);
  expect(reader, ')');
  return filter;
}

function readOr(reader: Reader, readSegments: ReadSegments, nested: number): Filter {
  let left = readAnd(reader, readSegments, nested);
  for (skipSpace(reader); accept(reader, '||'); skipSpace(reader)) {
    left = { kind: 'or', left, right: readAnd(reader, readSegments, nested) };
  }
  return left;
}

function readAnd(reader: Reader, readSegments: ReadSegments, nested: number): Filter {
  let left = readOne(reader, readSegments, nested);
  for (skipSpace(reader); accept(reader, '&&'); skipSpace(reader)) {
    left = { kind: 'and', left, right: readOne(reader, readSegments, nested) };
  }
  return left;
}

function readOne(reader: Reader, readSegments: ReadSegments, nested: number): Filter {
  if (nested > DEEPEST) return refuse(reader, 'The filter is nested too deeply');
  skipSpace(reader);
  if (accept(reader, '!')) return { kind: 'not', filter: readOne(reader, readSegments, nested + 1) };
  if (reader.text[reader.at] === '(') return parseFilter(reader, readSegments, nested + 1);
  const left = readOperand(reader, readSegments, nested);
  skipSpace(reader);
  const operator = readOperator(reader);
  if (operator !== null) return { kind: 'compare', left, operator, right: readOperand(reader, readSegments, nested) };
  return left.kind === 'path' ? { kind: 'exists', path: left.path } : refuse(reader, 'Expected an operator');
}

function readOperator(reader: Reader): Operator | null {
  const word = acceptMatch(reader, /[=!<>~]+|[a-zA-Z]+/y);
  if (word === null) return null;
  return OPERATORS.find((operator) => operator === word.toLowerCase()) ?? refuse(reader, `Unknown operator '${word}'`);
}

function readOperand(reader: Reader, readSegments: ReadSegments, nested: number): Operand {
  skipSpace(reader);
  const next = reader.text[reader.at];
  if (next === '@' || next === '$') return { kind: 'path', path: readFilterPath(reader, readSegments, nested) };
  if (next === '/') return readRegex(reader);
  return { kind: 'value', value: readValue(reader, nested) };
}

function readFilterPath(reader: Reader, readSegments: ReadSegments, nested: number): FilterPath {
  const root = accept(reader, '@') ? '@' : '$';
  if (root === '$') expect(reader, '$');
  return { root, segments: readSegments(reader, nested + 1) };
}

function readRegex(reader: Reader): Operand {
  const literal = acceptMatch(reader, /\/(?:[^/\\\n]|\\.)*\/[a-zA-Z]*/y);
  if (literal === null) return refuse(reader, 'A regular expression does not end');
  const end = literal.lastIndexOf('/');
  return { kind: 'regex', source: literal.slice(1, end).replaceAll('\\/', '/'), flags: literal.slice(end + 1) };
}

const WORDS: Readonly<Record<string, Json>> = { true: true, false: false, null: null };

/** A literal: a text in either kind of quotes, a number, true, false, null, or a list of these. */
function readValue(reader: Reader, nested: number): Json {
  if (nested > DEEPEST) return refuse(reader, 'The filter is nested too deeply');
  skipSpace(reader);
  const next = reader.text[reader.at];
  if (next === "'" || next === '"') return readQuoted(reader);
  if (accept(reader, '[')) return readArray(reader, nested);
  const number = acceptMatch(reader, /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
  if (number !== null) return Number(number);
  const word = acceptMatch(reader, /true|false|null/y);
  return word === null ? refuse(reader, 'Expected a value') : (WORDS[word] ?? null);
}

function readArray(reader: Reader, nested: number): Json[] {
  const list: Json[] = [];
  skipSpace(reader);
  if (accept(reader, ']')) return list;
  do {
    list.push(readValue(reader, nested + 1));
    skipSpace(reader);
  } while (accept(reader, ','));
  expect(reader, ']');
  return list;
}
