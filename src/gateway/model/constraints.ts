import type { Shape } from './model.ts';
import { matchesPattern } from './pattern.ts';

/** Beyond this a string that is too long anyway is not matched against its pattern. */
const LONGEST_MATCHED = 8192;

/** Every constraint of a shape, in AWS's words and order. */
export function constraintsOf(shape: Shape): string[] {
  if (shape.type === 'string' && shape.enum !== undefined) return [enumText(shape.enum)];
  const texts: string[] = [];
  const noun = measureOf(shape);
  if ('max' in shape && shape.max !== undefined) texts.push(atMost(noun, shape.max));
  if ('min' in shape && shape.min !== undefined) texts.push(atLeast(noun, shape.min));
  if (shape.type === 'string' && shape.pattern !== undefined) texts.push(patternText(shape.pattern));
  return texts;
}

/** The constraints that a scalar, or the size of a list, map or blob, does not keep. */
export function brokenConstraints(shape: Shape, value: unknown): string[] {
  if (typeof value === 'string' && value.includes('\0')) return ['Member must not contain the character U+0000'];
  if (typeof value === 'string' && !value.isWellFormed()) return ['Member must be well-formed Unicode'];
  if (shape.type === 'string' && shape.enum !== undefined) {
    return shape.enum.includes(String(value)) ? [] : [enumText(shape.enum)];
  }
  const broken: string[] = [];
  const noun = measureOf(shape);
  const size = sizeOf(value);
  const { min, max } = { min: undefined, max: undefined, ...shape };
  if (max !== undefined && size > max) broken.push(atMost(noun, max));
  if (min !== undefined && size < min) broken.push(atLeast(noun, min));
  if (shape.type === 'string' && shape.pattern !== undefined && !(broken.length > 0 && size > LONGEST_MATCHED)) {
    if (!matchesPattern(shape.pattern, String(value))) broken.push(patternText(shape.pattern));
  }
  return broken;
}

function measureOf(shape: Shape): 'length' | 'value' {
  return ['integer', 'long', 'float', 'double'].includes(shape.type) ? 'value' : 'length';
}

/** Java counts UTF-16 units in a string, as JavaScript does. */
function sizeOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' || Array.isArray(value) || Buffer.isBuffer(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

function atMost(noun: string, max: number): string {
  return `Member must have ${noun} less than or equal to ${max}`;
}

function atLeast(noun: string, min: number): string {
  return `Member must have ${noun} greater than or equal to ${min}`;
}

function patternText(pattern: string): string {
  return `Member must satisfy regular expression pattern: ${pattern}`;
}

function enumText(values: readonly string[]): string {
  return `Member must satisfy enum value set: [${values.join(', ')}]`;
}
