import fc, { type Arbitrary } from 'fast-check';
import { brokenConstraints } from '../src/gateway/model/constraints.ts';
import type { Model, Shape } from '../src/gateway/model/model.ts';

/** Inputs of an operation that mostly keep its constraints: what a hostile but well-mannered client could send. */
export function inputArbitrary(model: Model, operation: string): Arbitrary<unknown> {
  const input = model.operations[operation]?.input;
  return input === undefined ? fc.constant({}) : arbitraryOf(model, input, 0);
}

/** Shapes that hold themselves end here. */
const DEEPEST = 6;
const IDS = ['pb-0123456789abcdef0', 'mi-0123456789abcdef0', 'AWS-RunShellScript', '/a/b', 'a', 'Patch Group', 'tag:a'];

function arbitraryOf(model: Model, name: string, depth: number): Arbitrary<unknown> {
  const shape = model.shapes[name];
  if (shape === undefined || depth > DEEPEST) return fc.constant(null);
  if (shape.type === 'structure') return structureOf(model, shape, depth);
  const { min = 0, max = 1000 } = shape as { min?: number; max?: number };
  if (shape.type === 'list') {
    return fc.array(arbitraryOf(model, shape.member, depth + 1), { minLength: min, maxLength: Math.min(max, min + 2) });
  }
  if (shape.type === 'map') {
    const size = { minKeys: min, maxKeys: Math.min(max, min + 2) };
    return fc.dictionary(textOf(shape.key, model), arbitraryOf(model, shape.value, depth + 1), size);
  }
  if (shape.type === 'string') return textOf(name, model);
  if (shape.type === 'boolean') return fc.boolean();
  if (shape.type === 'timestamp') return fc.integer({ min: 0, max: 4_000_000_000 });
  if (shape.type === 'blob') return fc.base64String({ maxLength: 40 });
  return fc.integer({ min, max: 'max' in shape ? max : 100_000 });
}

function structureOf(model: Model, shape: Extract<Shape, { type: 'structure' }>, depth: number): Arbitrary<unknown> {
  const members = Object.entries(shape.members).map(([name, member]) => [
    name,
    // A made-up token would be all that is ever answered.
    name === 'NextToken' ? fc.constant(null) : arbitraryOf(model, member, depth + 1),
  ]);
  const requiredKeys = [...(shape.required ?? [])];
  return fc.record(Object.fromEntries(members) as Record<string, Arbitrary<unknown>>, { requiredKeys });
}

function textOf(name: string, model: Model): Arbitrary<string> {
  const shape = model.shapes[name];
  if (shape?.type !== 'string') return fc.string();
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum);
  const { min: minLength = 0, max = 60, pattern } = shape;
  const free = fc.string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(max, 60)) });
  const fitting = pattern === undefined ? free : (matching(pattern) ?? free);
  const known = IDS.filter((id) => brokenConstraints(shape, id).length === 0);
  // Not a filter: some patterns hardly ever give a text of the right length.
  const whole = fitting.map((text) => (text.length < minLength ? text.padEnd(minLength, 'a') : text).slice(0, max));
  const mostly = { weight: 30, arbitrary: whole };
  const likely = known.length === 0 ? [] : [{ weight: 15, arbitrary: fc.constantFrom(...known) }];
  return fc.oneof(mostly, ...likely, { weight: 1, arbitrary: free });
}

/** null for patterns that look ahead, which cannot be turned round. */
function matching(pattern: string): Arbitrary<string> | null {
  try {
    const regexp = new RegExp(`^(?:${pattern.replace('(?i)', '')})$`, pattern.includes('\\p{') ? 'u' : '');
    return fc.stringMatching(regexp, { size: 'small' });
  } catch {
    return null;
  }
}
