/**
 * The first and last moment of a day in UTC, or null where the text is no day: the form must be YYYY-MM-DD, and the
 * day must be in the calendar (2024-02-30 is not).
 */
export function calendarDay(text: string): { readonly start: Date; readonly end: Date } | null {
  const found = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (!found) return null;
  const start = new Date(`${text}T00:00:00.000Z`);
  // Date turns February 30 into March 1 instead of refusing it.
  if (Number.isNaN(start.getTime()) || start.toISOString().slice(0, 10) !== text) return null;
  return { start, end: new Date(start.getTime() + 86_400_000 - 1) };
}
