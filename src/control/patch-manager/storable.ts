/**
 * Text as PostgreSQL keeps it: what a package calls itself may hold NUL or half of a surrogate pair, which no text
 * column takes, and one such package must not lose the report of all others. Goes into plain objects and lists.
 */
export function storable<T>(value: T): T {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\ufffd') as T;
  if (Array.isArray(value)) return value.map(storable) as T;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, storable(inner)])) as T;
}
