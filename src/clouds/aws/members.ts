import { createHash } from 'node:crypto';
import { NormalizedSchema } from '@smithy/core/schema';

/** A value of JSON. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A parameter that an action does not have, or a value of another type than it takes. */
export class MemberFault extends Error {}

const MOST_DEPTH = 100;

/**
 * The input of an action from a task's parameters, whose names all begin with a capital whatever the service writes. A
 * date is ISO 8601 or seconds; a blob is text, or JSON that is sent as its text. Members that make a call idempotent
 * and were not given get a token that follows from `idempotencyKey`: the same task asked again is the same call. Throws
 * MemberFault.
 */
export function sdkInput(schema: unknown, parameters: JsonValue, idempotencyKey: string): Record<string, unknown> {
  const shape = schemaOf(schema);
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters))
    throw new MemberFault('the parameters of an action must be an object');
  const input = read(shape, parameters, '', 0) as Record<string, unknown>;
  for (const [name, member] of shape.structIterator()) {
    const isToken = (member.getMergedTraits() as { idempotencyToken?: unknown }).idempotencyToken !== undefined;
    if (isToken && input[name] === undefined) input[name] = tokenOf(idempotencyKey);
  }
  return input;
}

/** The output of an action as Step Functions shows it. Members without a value are left out; an action may have none. */
export function taskOutput(schema: unknown, output: unknown): JsonValue {
  const shape = schemaOf(schema);
  return shape.isStructSchema() ? write(shape, output) : {};
}

function schemaOf(schema: unknown): NormalizedSchema {
  return NormalizedSchema.of(schema as Parameters<typeof NormalizedSchema.of>[0]);
}

/** A UUID: every service's token may have its 36 characters. */
function tokenOf(key: string): string {
  const hex = createHash('sha256').update(key).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function read(shape: NormalizedSchema, value: JsonValue, path: string, depth: number): unknown {
  if (depth > MOST_DEPTH) throw new MemberFault(`${path} is nested too deeply`);
  if (value === null) return undefined;
  if (shape.isStructSchema()) return readStructure(shape, objectAt(value, path), path, depth);
  if (shape.isListSchema()) {
    if (!Array.isArray(value)) throw new MemberFault(`${path} must be an array`);
    return value.map((one, index) => read(shape.getValueSchema(), one, `${path}[${index}]`, depth + 1));
  }
  if (shape.isMapSchema()) {
    const entries = Object.entries(objectAt(value, path));
    return Object.fromEntries(
      entries.map(([key, one]) => [key, read(shape.getValueSchema(), one, `${path}.${key}`, depth + 1)]),
    );
  }
  return readScalar(shape, value, path);
}

function readStructure(
  shape: NormalizedSchema,
  given: Readonly<Record<string, JsonValue>>,
  path: string,
  depth: number,
): Record<string, unknown> {
  const members = new Map<string, readonly [string, NormalizedSchema]>();
  for (const [name, member] of shape.structIterator()) members.set(upperFirst(name), [name, member]);
  const entries = Object.entries(given).map(([key, value]) => {
    const known = members.get(key);
    const at = path === '' ? key : `${path}.${key}`;
    if (known === undefined) throw new MemberFault(`the field '${at.slice(0, 200)}' is not supported`);
    return [known[0], read(known[1], value, at, depth + 1)] as const;
  });
  return Object.fromEntries(entries);
}

function objectAt(value: JsonValue, path: string): Readonly<Record<string, JsonValue>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MemberFault(`${path || 'the value'} must be an object`);
  return value as Readonly<Record<string, JsonValue>>;
}

function readScalar(shape: NormalizedSchema, value: JsonValue, path: string): unknown {
  const wrong = (type: string) => new MemberFault(`${path} must be ${type}`);
  if (shape.isTimestampSchema()) {
    const date = typeof value === 'number' ? new Date(value * 1000) : new Date(typeof value === 'string' ? value : '');
    if (Number.isNaN(date.getTime())) throw wrong('a date');
    return date;
  }
  if (shape.isBlobSchema()) {
    return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), 'utf8');
  }
  if (shape.isStringSchema()) {
    if (typeof value !== 'string') throw wrong('a string');
    return value;
  }
  if (shape.isBooleanSchema()) {
    if (typeof value !== 'boolean') throw wrong('true or false');
    return value;
  }
  if (shape.isNumericSchema()) {
    if (typeof value !== 'number') throw wrong('a number');
    return value;
  }
  return value;
}

function write(shape: NormalizedSchema, value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (shape.isStructSchema()) {
    const given = value as Record<string, unknown>;
    const entries: [string, JsonValue][] = [];
    for (const [name, member] of shape.structIterator()) {
      const one = given[name];
      if (one !== undefined && one !== null) entries.push([upperFirst(name), write(member, one)]);
    }
    return Object.fromEntries(entries);
  }
  if (Array.isArray(value)) return value.map((one) => write(shape.getValueSchema(), one));
  if (shape.isMapSchema()) {
    const entries = Object.entries(value as Record<string, unknown>);
    return Object.fromEntries(entries.map(([key, one]) => [key, write(shape.getValueSchema(), one)]));
  }
  return typeof value === 'bigint' ? Number(value) : (value as JsonValue);
}

function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
