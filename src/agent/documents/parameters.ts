import { isObject, type JsonObject } from '../wire.ts';

const NAME = /^[A-Za-z0-9]+$/;
const REFERENCE = /\{\{ *([A-Za-z0-9]+) *\}\}/g;
const WHOLE = /^\{\{ *([A-Za-z0-9]+) *\}\}$/;

/** The values of a document's parameters: those that were sent, and the defaults of those that were not. */
export function parameterValues(declared: unknown, sent: unknown): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [name, value] of Object.entries(isObject(sent) ? sent : {})) {
    if (NAME.test(name)) values.set(name, value);
  }
  for (const [name, declaration] of Object.entries(isObject(declared) ? declared : {})) {
    if (!values.has(name) && isObject(declaration) && declaration.default !== undefined) {
      values.set(name, declaration.default);
    }
  }
  return values;
}

/**
 * Puts values in the place of `{{ name }}` everywhere in `input`, as text and without any quoting. A text that is one
 * reference and nothing else becomes the value itself, a list for example; inside other text a list is its JSON. What
 * nobody declared stays as it is, and so does a reference inside a value.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
 */
export function substitute(input: unknown, values: ReadonlyMap<string, unknown>): unknown {
  if (typeof input === 'string') {
    const name = WHOLE.exec(input)?.[1];
    if (name !== undefined && values.has(name)) return values.get(name);
    return input.replace(REFERENCE, (reference, one: string) =>
      values.has(one) ? textOf(values.get(one)) : reference,
    );
  }
  if (Array.isArray(input)) return input.map((one) => substitute(one, values));
  if (isObject(input)) return substituteFields(input, values);
  return input;
}

function substituteFields(input: JsonObject, values: ReadonlyMap<string, unknown>): JsonObject {
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, substitute(value, values)]));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
