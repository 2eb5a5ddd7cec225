/**
 * The part of JSON Schema 2020-12 that `documents/scan.schema.json` uses, for the tests on machines without another
 * validator. A keyword that it does not know is an error, so the schema cannot outgrow it unnoticed.
 * https://json-schema.org/draft/2020-12/json-schema-validation
 */

interface Schema {
  readonly [keyword: string]: unknown;
}

const ANNOTATIONS: ReadonlySet<string> = new Set([
  ...['$schema', '$id', '$defs', 'title', 'description', 'examples', 'format'],
]);

type Check = (argument: unknown, value: unknown, at: string, root: Schema) => readonly string[];

const KEYWORDS: Readonly<Record<string, Check>> = {
  $ref: (pointer, value, at, root) => violations(resolve(String(pointer), root), value, at, root),
  type: (names, value, at) => ([names].flat().includes(typeOf(value, names)) ? [] : [`${at}: not ${String(names)}`]),
  const: (expected, value, at) => (value === expected ? [] : [`${at}: not ${String(expected)}`]),
  enum: (allowed, value, at) =>
    (allowed as unknown[]).includes(value) ? [] : [`${at}: not one of ${String(allowed)}`],
  minimum: (least, value, at) => (typeof value !== 'number' || value >= Number(least) ? [] : [`${at}: too small`]),
  maximum: (most, value, at) => (typeof value !== 'number' || value <= Number(most) ? [] : [`${at}: too large`]),
  required: (keys, value, at) =>
    isObject(value)
      ? (keys as string[]).filter((key) => !Object.hasOwn(value, key)).map((key) => `${at}/${key}: absent`)
      : [],
  properties: (schemas, value, at, root) =>
    isObject(value)
      ? Object.entries(schemas as Record<string, Schema>).flatMap(([key, schema]) =>
          Object.hasOwn(value, key) ? violations(schema, value[key], `${at}/${key}`, root) : [],
        )
      : [],
  items: (schema, value, at, root) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => violations(schema as Schema, item, `${at}/${index}`, root))
      : [],
};

/** Every place where `value` does not satisfy `schema`, as a JSON pointer with what is wrong; empty: it satisfies it. */
export function violations(schema: Schema, value: unknown, at = '', root: Schema = schema): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, argument]) => {
    if (ANNOTATIONS.has(keyword)) return [];
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`${at}: the schema uses ${keyword}`);
    return check(argument, value, at, root);
  });
}

function typeOf(value: unknown, wanted: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value) && [wanted].flat().includes('integer')) return 'integer';
  return typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function resolve(pointer: string, root: Schema): Schema {
  const found = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), root);
  if (!isObject(found)) throw new Error(`${pointer} is not in the schema`);
  return found;
}
