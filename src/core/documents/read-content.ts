import { Document, parseDocument as parseYaml, visit } from 'yaml';
import { lineIndex } from '../baselines/line-index.ts';
import { jsonFaultAt } from './json-fault.ts';
import { accepted, type DocumentFormat, type Json, type Outcome, refused } from './types.ts';

/** AWS's limit on the content of a document, in bytes. */
export const MAX_DOCUMENT_BYTES = 65_536;
/** Far more than any document needs, and far less than what overflows the stack of what writes it again. */
const MAX_DEPTH = 64;
/** Aliases of aliases in a few lines of YAML stand for more than memory holds. */
const MAX_NODES = 50_000;

/** The values of a text in JSON or YAML. Never throws; the errors' texts of broken JSON are AWS's. */
export function readContent(text: string, format: Exclude<DocumentFormat, 'TEXT'>): Outcome<Json> {
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  const read = format === 'JSON' ? readJson(content) : readYaml(content);
  return read.ok ? bounded(read.value) : read;
}

function readJson(text: string): Outcome<Json> {
  const at = jsonFaultAt(text);
  if (at === null) return accepted(JSON.parse(text) as Json);
  const { line, column } = lineIndex(text).at(at);
  return refused(`JSON not well-formed. at Line: ${line}, Column: ${column}`);
}

function readYaml(text: string): Outcome<Json> {
  try {
    // `uniqueKeys` compares all keys with all: of two equal ones the last holds, as in JSON.
    const document = parseYaml(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'error' });
    const error = document.errors[0];
    if (error !== undefined) {
      const { line, column } = lineIndex(text).at(error.pos[0]);
      return refused(`YAML not well-formed. at Line: ${line}, Column: ${column}: ${error.message.split('\n')[0]}`);
    }
    return plain(document.toJS({ maxAliasCount: 100 }), 0);
  } catch (error) {
    return refused(`YAML not well-formed. ${(error as Error).message}`);
  }
}

/** YAML has values that JSON has not: not-a-number, infinity, dates and sets of tags. They are refused. */
function plain(value: unknown, depth: number): Outcome<Json> {
  if (depth > MAX_DEPTH) return tooDeep;
  if (value === undefined || value === null) return accepted(null);
  if (typeof value === 'number' && !Number.isFinite(value)) return refused(`The number ${value} is not one of JSON.`);
  if (typeof value !== 'object') {
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return isPlain ? accepted(value) : refused('The content has a value that JSON does not know.');
  }
  const isOrdinary = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!isOrdinary) return refused('The content has a tagged value that JSON does not know.');
  for (const item of Object.values(value)) {
    const checked = plain(item, depth + 1);
    if (!checked.ok) return checked;
  }
  return accepted(value as Json);
}

const tooDeep = refused('The content is nested too deeply.');
const unstorable = refused('The content has a NUL character or half of a surrogate pair.');

/** What an escape of JSON can write and no database, no shell and no UTF-8 can hold. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function bounded(root: Json): Outcome<Json> {
  const open: { value: Json; depth: number }[] = [{ value: root, depth: 0 }];
  let nodes = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    nodes += 1;
    if (nodes > MAX_NODES) return refused('The content has too many values.');
    if (depth > MAX_DEPTH) return tooDeep;
    if (typeof value === 'string' && !isStorable(value)) return unstorable;
    if (typeof value !== 'object' || value === null) continue;
    if (!Object.keys(value).every(isStorable)) return unstorable;
    for (const item of Object.values(value)) open.push({ value: item, depth: depth + 1 });
  }
  return accepted(root);
}

/** Lines of blanks alone, a first line that begins with a blank, and returns do not survive a block of YAML. */
const UNFIT_FOR_BLOCK = /^[ \t\n]|[ \t](?:\n|$)|\r|\n[ \t]*\n[ \t]*$/;

/** The same values in another format. Texts that YAML 1.1 would take for something else are quoted. */
export function writeContent(content: Json, format: Exclude<DocumentFormat, 'TEXT'>): string {
  if (format === 'JSON') return JSON.stringify(content, null, 2);
  const document = new Document(content, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === 'string' && UNFIT_FOR_BLOCK.test(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 });
}
