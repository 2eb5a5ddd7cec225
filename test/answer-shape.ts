import type { Model, Shape } from '../src/gateway/model/model.ts';

/**
 * Where an answer is not of the shape that the service's model tells clients: unknown members, other types, `null`.
 * Clients leave such parts out silently or stumble over them. Enumerations are not held against it: AWS's own answers
 * leave theirs.
 */
export function shapeProblems(model: Model, operation: string, answer: unknown): string[] {
  const output = model.operations[operation]?.output;
  return output === undefined ? [] : problems(model, output, answer, operation);
}

function problems(model: Model, shapeName: string, value: unknown, path: string): string[] {
  const shape = model.shapes[shapeName];
  if (shape === undefined) return [`${path}: no shape ${shapeName}`];
  if (shape.type === 'list') {
    if (!Array.isArray(value)) return [`${path}: not a list`];
    return value.flatMap((one, index) => problems(model, shape.member, one, `${path}[${index}]`));
  }
  if (shape.type !== 'map' && shape.type !== 'structure')
    return isScalar(shape, value) ? [] : [`${path}: not a ${shape.type}`];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: not a ${shape.type}`];
  return Object.entries(value).flatMap(([name, one]) => {
    const member = shape.type === 'map' ? shape.value : shape.members[name];
    return member === undefined ? [`${path}: unknown member ${name}`] : problems(model, member, one, `${path}.${name}`);
  });
}

function isScalar({ type }: Shape, value: unknown): boolean {
  if (type === 'string' || type === 'blob') return typeof value === 'string';
  if (type === 'boolean') return typeof value === 'boolean';
  return type === 'integer' || type === 'long' ? Number.isInteger(value) : Number.isFinite(value);
}
