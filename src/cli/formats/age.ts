const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `milliseconds` in the one unit that a reader thinks in: `3 minutes`, `26 hours`, `12 days`, `3 years`. */
export function duration(milliseconds: number): string {
  const whole = (unit: number, name: string) => {
    const count = Math.floor(milliseconds / unit);
    return `${count} ${name}${count === 1 ? '' : 's'}`;
  };
  if (milliseconds < MINUTE) return 'less than a minute';
  if (milliseconds < 2 * HOUR) return whole(MINUTE, 'minute');
  if (milliseconds < 2 * DAY) return whole(HOUR, 'hour');
  if (milliseconds < 731 * DAY) return whole(DAY, 'day');
  return whole(365.25 * DAY, 'year');
}

/**
 * How long before `now` the ISO 8601 moment `then` was, in milliseconds; null where either is missing or not a date.
 * Negative: still to come.
 */
export function elapsed(then: string | null, now: string): number | null {
  const difference = then === null ? Number.NaN : Date.parse(now) - Date.parse(then);
  return Number.isNaN(difference) ? null : difference;
}
