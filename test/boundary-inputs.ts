import { brokenConstraints } from '../src/gateway/model/constraints.ts';
import type { Model, Shape } from '../src/gateway/model/model.ts';

/** An input with one member at, or beyond, a boundary of its shape. */
export interface BoundaryInput {
  readonly input: Record<string, unknown>;
  /** The member and what is special about it: `Filters.Key: longer than 128`. */
  readonly what: string;
  /** What the gateway must make of it before any operation sees it. */
  readonly expected: 'kept' | 'constraint' | 'type' | 'any';
}

interface Variant {
  readonly value: unknown;
  readonly what: string;
  readonly expected: BoundaryInput['expected'];
}

/** Values by the name of their shape, or of a member with a dot before it (`.roleArn`), for what has to exist or has a pattern of its own. */
export type KnownValues = Readonly<Record<string, unknown>>;

const DEEPEST = 5;
/** A list or map that may hold more is not filled to its bound. */
const LARGEST = 1100;
/** As much as a caller without a signature may send. */
const HUGE = 'x'.repeat(60_000);
const CANDIDATES = [
  'all',
  'Name',
  'a',
  'abc',
  '1',
  'AWS:Application',
  '01234567-89ab-4def-8123-456789abcdef',
  '1.0',
  '/a',
  'Scan',
];

/** Inputs of an operation, one boundary each; its other members are only the required ones. */
export function boundaryInputs(model: Model, operation: string, known: KnownValues): BoundaryInput[] {
  const shapeName = model.operations[operation]?.input;
  if (shapeName === undefined) return [];
  const walk = { model, known };
  const whole = plainValue(walk, shapeName, 0);
  const asIs: BoundaryInput = {
    input: whole as Record<string, unknown>,
    what: 'required members only',
    expected: 'any',
  };
  const found = [...variantsOf(walk, shapeName, 0)].map(({ value, ...more }) => ({
    input: value as Record<string, unknown>,
    ...more,
  }));
  return [asIs, ...found.filter(({ input }) => typeof input === 'object' && !Array.isArray(input))];
}

interface Walk {
  readonly model: Model;
  readonly known: KnownValues;
}

/** The least that the shape takes. */
function plainValue(walk: Walk, name: string, depth: number): unknown {
  if (Object.hasOwn(walk.known, name)) return walk.known[name];
  const shape = shapeOf(walk, name);
  if (shape.type === 'structure') {
    const members = shape.union === true ? Object.keys(shape.members).slice(0, 1) : (shape.required ?? []);
    return Object.fromEntries(
      members.map((member) => [
        member,
        walk.known[`.${member}`] ?? plainValue(walk, shape.members[member] ?? '', depth + 1),
      ]),
    );
  }
  if (shape.type === 'list') {
    const size = Math.max(shape.min ?? 0, depth < DEEPEST ? 1 : 0);
    return Array.from({ length: size }, () => plainValue(walk, shape.member, depth + 1));
  }
  if (shape.type === 'map') return { [textFor(walk, shape.key)]: plainValue(walk, shape.value, depth + 1) };
  if (shape.type === 'string') return textFor(walk, name);
  if (shape.type === 'boolean') return false;
  if (shape.type === 'timestamp') return 1_700_000_000;
  if (shape.type === 'blob') return 'YQ==';
  return 'min' in shape ? shape.min : 1;
}

function textFor(walk: Walk, name: string): string {
  if (typeof walk.known[name] === 'string') return walk.known[name];
  const shape = shapeOf(walk, name);
  if (shape.type !== 'string') throw new Error(`${name} is no text`);
  if (shape.enum !== undefined) return shape.enum[0] ?? '';
  const padded = 'a'.repeat(shape.min ?? 1);
  const fitting = [...CANDIDATES, padded].find((text) => brokenConstraints(shape, text).length === 0);
  if (fitting === undefined) throw new Error(`no text for ${name}: ${shape.pattern}`);
  return fitting;
}

function* variantsOf(walk: Walk, name: string, depth: number): Generator<Variant> {
  const shape = shapeOf(walk, name);
  if (depth > DEEPEST) return;
  if (shape.type === 'structure') yield* ofStructure(walk, name, shape, depth);
  else if (shape.type === 'list') yield* ofList(walk, shape, depth);
  else if (shape.type === 'map') yield* ofMap(walk, shape, depth);
  else if (shape.type === 'string') yield* ofText(shape);
  else if (shape.type === 'boolean') {
    yield { value: true, what: 'true', expected: 'kept' };
    yield { value: 'true', what: 'text', expected: 'type' };
  } else if (shape.type === 'timestamp') {
    for (const value of [0, -1, 0.001, 253_402_300_799]) yield { value, what: String(value), expected: 'kept' };
    for (const value of [1e20, 'yesterday', [], {}]) yield { value, what: JSON.stringify(value), expected: 'type' };
  } else if (shape.type !== 'blob') yield* ofNumber(shape);
}

function* ofStructure(walk: Walk, name: string, shape: Extract<Shape, { type: 'structure' }>, depth: number) {
  yield { value: {}, what: 'empty', expected: 'any' } as const;
  yield { value: [], what: 'a list', expected: 'type' } as const;
  const base = plainValue(walk, name, depth) as object;
  yield { value: { ...base, Unknown: 1 }, what: 'an unknown member', expected: 'any' } as const;
  for (const [member, memberShape] of Object.entries(shape.members)) {
    const rest = shape.union === true ? {} : base;
    for (const { value, what, expected } of variantsOf(walk, memberShape, depth + 1)) {
      yield { value: { ...rest, [member]: value }, what: `${member}: ${what}`, expected };
    }
  }
}

function* ofList(walk: Walk, shape: Extract<Shape, { type: 'list' }>, depth: number): Generator<Variant> {
  const { min = 0, max } = shape;
  const one = plainValue(walk, shape.member, depth + 1);
  yield { value: [], what: 'empty', expected: min > 0 ? 'constraint' : 'kept' };
  yield { value: [null], what: 'of null', expected: 'constraint' };
  yield { value: {}, what: 'a map', expected: 'type' };
  if (max !== undefined && max <= LARGEST) {
    yield { value: Array(max).fill(one), what: `${max} members`, expected: 'kept' };
    yield { value: Array(max + 1).fill(one), what: `${max + 1} members`, expected: 'constraint' };
  }
  for (const { value, what, expected } of variantsOf(walk, shape.member, depth + 1)) {
    yield { value: [value], what: `[] ${what}`, expected };
  }
}

function* ofMap(walk: Walk, shape: Extract<Shape, { type: 'map' }>, depth: number): Generator<Variant> {
  const one = plainValue(walk, shape.value, depth + 1);
  const key = textFor(walk, shape.key);
  yield { value: {}, what: 'empty', expected: (shape.min ?? 0) > 0 ? 'constraint' : 'kept' };
  yield { value: [], what: 'a list', expected: 'type' };
  for (const name of ['__proto__', 'constructor', '\0', '\ud800', HUGE]) {
    const value = JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(one)}}`);
    yield { value, what: `key ${JSON.stringify(name.slice(0, 12))}`, expected: 'any' };
  }
  for (const { value, what, expected } of variantsOf(walk, shape.value, depth + 1)) {
    yield { value: { [key]: value }, what: `{} ${what}`, expected };
  }
}

function* ofText(shape: Extract<Shape, { type: 'string' }>): Generator<Variant> {
  const { min = 0, max } = shape;
  const judge = (value: string): Variant['expected'] =>
    brokenConstraints(shape, value).length === 0 ? 'kept' : 'constraint';
  for (const value of shape.enum ?? []) yield { value, what: value, expected: 'kept' };
  const texts = ['', ' ', '*', '%', '_', '\\', "'; DROP TABLE node; --", '__proto__', '😀', 'a'.repeat(min), HUGE];
  if (max !== undefined) texts.push('a'.repeat(max));
  for (const value of texts) yield { value, what: JSON.stringify(value.slice(0, 24)), expected: judge(value) };
  for (const value of ['\0', '\ud800']) yield { value, what: JSON.stringify(value), expected: 'constraint' };
  if (min > 0) yield { value: 'a'.repeat(min - 1), what: `shorter than ${min}`, expected: 'constraint' };
  if (max !== undefined) yield { value: 'a'.repeat(max + 1), what: `longer than ${max}`, expected: 'constraint' };
  for (const value of [1, true, [], {}]) yield { value, what: JSON.stringify(value), expected: 'type' };
}

function* ofNumber(shape: Exclude<Shape, { type: 'string' | 'list' | 'map' | 'structure' }>): Generator<Variant> {
  const { min, max } = { min: undefined, max: undefined, ...shape };
  const isWhole = shape.type === 'integer' || shape.type === 'long';
  for (const value of [min, max, min === undefined ? 0 : undefined, max === undefined ? 2 ** 31 - 1 : undefined]) {
    if (value !== undefined) yield { value, what: String(value), expected: 'kept' };
  }
  if (min !== undefined) yield { value: min - 1, what: String(min - 1), expected: 'constraint' };
  if (max !== undefined) yield { value: max + 1, what: String(max + 1), expected: 'constraint' };
  if (min === undefined) yield { value: -(2 ** 31) + 1, what: 'lowest', expected: 'kept' };
  if (isWhole) yield { value: 1.5, what: '1.5', expected: 'type' };
  for (const value of ['1', [], {}, 1e300]) {
    yield { value, what: JSON.stringify(value), expected: isWhole || value !== 1e300 ? 'type' : 'any' };
  }
}

function shapeOf({ model }: Walk, name: string): Shape {
  const shape = model.shapes[name];
  if (shape === undefined) throw new Error(`the model has no shape ${name}`);
  return shape;
}
