import { REDACTED } from '../../control/audit/redact.ts';
import type { Model } from './model.ts';

/** An input without the members that the model calls sensitive. */
export function withoutSensitive(model: Model, shapeName: string | undefined, input: unknown): Record<string, unknown> {
  return (shapeName === undefined ? {} : strip(model, shapeName, input)) as Record<string, unknown>;
}

function strip(model: Model, shapeName: string, value: unknown): unknown {
  const shape = model.shapes[shapeName];
  if (shape === undefined || shape.sensitive === true) return REDACTED;
  if (shape.type === 'list' && Array.isArray(value)) return value.map((one) => strip(model, shape.member, one));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (shape.type === 'map')
    return Object.fromEntries(entries.map(([key, one]) => [key, strip(model, shape.value, one)]));
  if (shape.type !== 'structure') return value;
  return Object.fromEntries(entries.map(([name, one]) => [name, strip(model, shape.members[name] ?? '', one)]));
}
