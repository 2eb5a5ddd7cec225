const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `milliseconds` in the one unit that a reader thinks in, at most 8 columns for a century: `3 min`, `26 hours`, `12 days`. */
export function duration(milliseconds: number): string {
  const whole = (unit: number, name: string) => `${Math.floor(milliseconds / unit)} ${name}`;
  if (milliseconds < MINUTE) return '< 1 min';
  if (milliseconds < 2 * HOUR) return whole(MINUTE, 'min');
  if (milliseconds < 2 * DAY) return whole(HOUR, 'hours');
  if (milliseconds < 731 * DAY) return whole(DAY, 'days');
  return whole(365.25 * DAY, 'years');
}

/**
 * How long before `now` the ISO 8601 moment `then` was, in milliseconds; null where either is missing or not a date.
 * Negative: still to come.
 */
export function elapsed(then: string | null, now: string): number | null {
  const difference = then === null ? Number.NaN : Date.parse(now) - Date.parse(then);
  return Number.isNaN(difference) ? null : difference;
}
