import { AwsError } from '../../core/aws-error.ts';
import { brokenConstraints, constraintsOf } from './constraints.ts';
import type { ListShape, MapShape, Model, Shape, StructureShape } from './model.ts';
import { readScalar, serializationError } from './scalar.ts';
import { lowerFirst, valueText } from './value-text.ts';

/** More errors than a person reads; AWS's own number is not known. */
const MOST_ERRORS = 100;

interface Reading {
  readonly model: Model;
  readonly errors: string[];
}

/**
 * The input of an operation as its shape says: members that the model does not know are left out, `null` counts as
 * absent, timestamps become `Date` and blobs `Buffer`. Throws SerializationException where a value is of another JSON
 * type, and ValidationException in AWS's words where constraints are not kept. The depth of `value` must be bounded.
 */
export function readInput(model: Model, shapeName: string | undefined, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw serializationError('Unexpected value type in payload');
  }
  if (shapeName === undefined) return {};
  const reading: Reading = { model, errors: [] };
  const input = read(reading, shapeName, value, '');
  const { errors } = reading;
  if (errors.length > 0) {
    const count = `${errors.length} validation error${errors.length === 1 ? '' : 's'} detected`;
    throw new AwsError('ValidationException', `${count}: ${errors.join('; ')}`);
  }
  return input as Record<string, unknown>;
}

function read(reading: Reading, shapeName: string, value: unknown, path: string): unknown {
  const shape = shapeOf(reading.model, shapeName);
  if (shape.type === 'structure') return readStructure(reading, shapeName, shape, value, path);
  if (shape.type === 'list') return readList(reading, shapeName, shape, value, path);
  if (shape.type === 'map') return readMap(reading, shapeName, shape, value, path);
  const scalar = readScalar(shape, value);
  for (const broken of brokenConstraints(shape, scalar)) refuse(reading, shapeName, value, path, broken);
  return scalar;
}

function readStructure(reading: Reading, shapeName: string, shape: StructureShape, value: unknown, path: string) {
  const given = jsonObject(value);
  const members: [string, unknown][] = [];
  for (const [name, memberShape] of Object.entries(shape.members)) {
    const member = Object.hasOwn(given, name) ? given[name] : undefined;
    const at = path === '' ? lowerFirst(name) : `${path}.${lowerFirst(name)}`;
    if (member !== undefined && member !== null) members.push([name, read(reading, memberShape, member, at)]);
    else if (shape.required?.includes(name)) refuseNull(reading, at);
  }
  if (shape.union === true && members.length !== 1) {
    refuse(reading, shapeName, value, path, 'Member must have exactly one of its members set');
  }
  return Object.fromEntries(members);
}

/** Elements that are scalars are refused together with their list and every constraint that they have, as AWS does. */
function readList(reading: Reading, shapeName: string, shape: ListShape, value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) throw serializationError(`Unrecognized collection type ${javaClass(value)}`);
  for (const broken of brokenConstraints(shape, value)) refuse(reading, shapeName, value, path, broken);
  const element = shapeOf(reading.model, shape.member);
  let isBroken = false;
  const elements = value.map((one, index) => {
    const at = `${path}.${index + 1}.member`;
    if (one === null) return refuseNull(reading, at);
    if (isCollection(element)) return read(reading, shape.member, one, at);
    const scalar = readScalar(element, one);
    isBroken ||= brokenConstraints(element, scalar).length > 0;
    return scalar;
  });
  if (isBroken) refuse(reading, shapeName, value, path, `Member must satisfy constraint: ${all(element, value)}`);
  return elements;
}

function readMap(reading: Reading, shapeName: string, shape: MapShape, value: unknown, path: string) {
  const given = jsonObject(value);
  for (const broken of brokenConstraints(shape, given)) refuse(reading, shapeName, value, path, broken);
  const key = shapeOf(reading.model, shape.key);
  const element = shapeOf(reading.model, shape.value);
  const names = Object.keys(given);
  if (names.some((name) => brokenConstraints(key, name).length > 0)) {
    refuse(reading, shapeName, value, path, `Map keys must satisfy constraint: ${all(key, names)}`);
  }
  const broken: unknown[] = [];
  const entries = Object.entries(given).map(([name, one]) => {
    const at = `${path}.${name.slice(0, 128)}.member`;
    if (one === null) return [name, refuseNull(reading, at)] as const;
    if (isCollection(element)) return [name, read(reading, shape.value, one, at)] as const;
    const scalar = readScalar(element, one);
    if (brokenConstraints(element, scalar).length > 0) broken.push(scalar);
    return [name, scalar] as const;
  });
  if (broken.length > 0) {
    refuse(reading, shapeName, value, path, `Map value must satisfy constraint: ${all(element, broken)}`);
  }
  return Object.fromEntries(entries);
}

/** All constraints of the elements' shape; what breaks none of them (NUL, lone surrogates) says so itself. */
function all(element: Shape, values: readonly unknown[]): string {
  const constraints = constraintsOf(element);
  const broken = values.flatMap((value) => brokenConstraints(element, value));
  return `[${[...new Set([...constraints, ...broken])].join(', ')}]`;
}

function refuse(reading: Reading, shapeName: string, value: unknown, path: string, constraint: string): void {
  if (reading.errors.length >= MOST_ERRORS) return;
  const isSecret = shapeOf(reading.model, shapeName).sensitive === true;
  const shown = isSecret ? '' : ` '${valueText(reading.model, shapeName, value)}'`;
  reading.errors.push(`Value${shown} at '${printable(path)}' failed to satisfy constraint: ${constraint}`);
}

function refuseNull(reading: Reading, path: string): undefined {
  if (reading.errors.length >= MOST_ERRORS) return;
  reading.errors.push(`Value null at '${printable(path)}' failed to satisfy constraint: Member must not be null`);
}

/** A map's keys are in the path: whatever they hold, the text stays one line. */
function printable(path: string): string {
  return path.toWellFormed().replace(/[\u0000-\u001f\u007f]/g, '?');
}

function isCollection(shape: Shape): boolean {
  return shape.type === 'structure' || shape.type === 'list' || shape.type === 'map';
}

function shapeOf(model: Model, name: string): Shape {
  const shape = model.shapes[name];
  if (shape === undefined) throw new Error(`the model has no shape ${name}`);
  return shape;
}

function jsonObject(value: unknown): Record<string, unknown> {
  if (Array.isArray(value)) throw serializationError('Start of list found where not expected');
  if (typeof value !== 'object' || value === null) throw serializationError('Unexpected value type in payload');
  return value as Record<string, unknown>;
}

function javaClass(value: unknown): string {
  if (typeof value === 'object') return 'class java.util.LinkedHashMap';
  if (typeof value === 'number') return 'class java.lang.Integer';
  return typeof value === 'boolean' ? 'class java.lang.Boolean' : 'class java.lang.String';
}
