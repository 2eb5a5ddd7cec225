const DAY = /^(\d{4})-(\d{2})-(\d{2})/;

/**
 * An ISO 8601 date or time as it was given, or null where it is none. 1970 is what software writes when it knows no
 * date, and no advisory is older than 1990: such a date is no date.
 */
export function isoDate(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > 40) return null;
  const [, year = '', month = '', day = ''] = DAY.exec(text) ?? [];
  if (Number(year) < 1990 || Number.isNaN(Date.parse(text))) return null;
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return midnight.getUTCDate() === Number(day) ? text : null;
}

/** The later of two ISO dates; null is earlier than any. */
export function laterDate(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return Date.parse(a) >= Date.parse(b) ? a : b;
}
