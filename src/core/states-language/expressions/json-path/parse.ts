import { parseFilter } from './parse-filter.ts';
import { accept, acceptMatch, expect, type Reader, readQuoted, refuse, skipSpace } from './reader.ts';
import { type JsonPath, PathSyntaxError, type Root, type Segment, type Selector } from './syntax.ts';

/** The longest path that is read, in characters. */
const LONGEST = 10_000;

/**
 * Reads a JSONPath as Jayway JsonPath does, which AWS uses: `$`, `$$` or `$variable`, then names, indexes, slices,
 * unions, wildcards, `..` and filters. Functions such as `length()` are not supported, as in AWS.
 * Throws PathSyntaxError.
 * https://github.com/json-path/JsonPath
 */
export function parsePath(text: string): JsonPath {
  if (text.length > LONGEST) throw new PathSyntaxError(`The path is longer than ${LONGEST} characters`);
  const reader: Reader = { text, at: 0 };
  expect(reader, '$');
  const root = readRoot(reader);
  const segments = readSegments(reader);
  if (reader.at < text.length) return refuse(reader, `Unexpected '${text.charAt(reader.at)}'`);
  return { root, segments };
}

function readRoot(reader: Reader): Root {
  if (accept(reader, '$')) return { kind: 'context' };
  const name = acceptMatch(reader, /[\p{ID_Start}_][\p{ID_Continue}]*/uy);
  return name === null ? { kind: 'input' } : { kind: 'variable', name };
}

/** The segments from here on, up to what is no part of a path: in a filter, an operator or a bracket. */
export function readSegments(reader: Reader, nested = 0): Segment[] {
  const segments: Segment[] = [];
  for (;;) {
    const deep = accept(reader, '..');
    if (reader.text[reader.at] === '[') segments.push({ deep, ...readBracket(reader, nested) });
    else if (deep || accept(reader, '.')) segments.push({ deep, ...readDotted(reader, nested > 0) });
    else return segments;
  }
}

/** In a filter a name ends where an operator may begin. */
function readDotted(reader: Reader, isInFilter: boolean): Selector {
  if (accept(reader, '*')) return { kind: 'wildcard' };
  const name = acceptMatch(reader, isInFilter ? /[^.[\](){}\s=!<>&|,'"]+/y : /[^.[\](){}\s,'"*?@]+/y);
  if (name === null) return refuse(reader, 'Path must not end with a dot');
  if (reader.text[reader.at] === '(') return refuse(reader, `Function '${name}' is not supported`);
  return { kind: 'names', names: [name] };
}

function readBracket(reader: Reader, nested: number): Selector {
  expect(reader, '[');
  skipSpace(reader);
  const selector = readSelector(reader, nested);
  skipSpace(reader);
  expect(reader, ']');
  return selector;
}

function readSelector(reader: Reader, nested: number): Selector {
  const next = reader.text[reader.at];
  if (accept(reader, '*')) return { kind: 'wildcard' };
  if (accept(reader, '?')) return { kind: 'filter', filter: parseFilter(reader, readSegments, nested + 1) };
  if (next === "'" || next === '"') return { kind: 'names', names: readList(reader, () => readQuoted(reader)) };
  const from = readInteger(reader);
  skipSpace(reader);
  if (accept(reader, ':')) {
    skipSpace(reader);
    return { kind: 'slice', from, to: readInteger(reader) };
  }
  if (from === null) return refuse(reader, 'Expected a name, an index, a slice, * or a filter');
  const others = accept(reader, ',')
    ? readList(reader, () => readInteger(reader) ?? refuse(reader, 'Expected an index'))
    : [];
  return { kind: 'indexes', indexes: [from, ...others] };
}

function readInteger(reader: Reader): number | null {
  const digits = acceptMatch(reader, /-?\d{1,10}/y);
  return digits === null ? null : Number(digits);
}

function readList<T>(reader: Reader, readOne: () => T): T[] {
  const list: T[] = [];
  do {
    skipSpace(reader);
    list.push(readOne());
    skipSpace(reader);
  } while (accept(reader, ','));
  return list;
}
