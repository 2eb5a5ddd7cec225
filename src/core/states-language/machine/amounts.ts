import type { Json } from '../json.ts';
import { jsonata, path, runtimeFailure, type Sight } from './sight.ts';

/**
 * A number that a field gives, or its `…Path` form, or an expression of JSONata; null where the state has neither.
 * The texts are those that AWS has for MaxConcurrencyPath and the tolerated failures.
 */
export async function amount(at: Sight, field: string, kind: 'integer' | 'float', input: Json): Promise<number | null> {
  const { fields, language } = at.node;
  const written = fields[field];
  if (language === 'JSONata' && typeof written === 'string') {
    const expected = kind === 'integer' ? 'integer' : 'number';
    return (await jsonata(at, written, input, field, { expected })) as number;
  }
  if (typeof written === 'number') return written;
  const reference = fields[`${field}Path`];
  if (typeof reference !== 'string') return null;
  const value = path(at, reference, input, `${field}Path`);
  if (typeof value === 'number' && (kind === 'float' || Number.isInteger(value))) return value;
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  throw runtimeFailure(
    at,
    `The ${field}Path field refers to value "${shown}" which is not a valid ${kind}: ${reference}`,
  );
}
