import { effectiveInput } from './leave.ts';
import { jsonata, path, queryFailure, runtimeFailure, type Sight } from './sight.ts';
import { valueOfText } from './value.ts';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const MOST_SECONDS = 2 ** 31 - 1;

/** When a Wait that is entered now is over, in milliseconds since 1970. */
export async function waitUntil(at: Sight): Promise<number> {
  const now = at.run.around.now.getTime();
  const until = await target(at, now);
  if (until - now > MOST_SECONDS * 1000) throw runtimeFailure(at, 'Wait state delay is too long.');
  // A day before the year 1 is none to PostgreSQL.
  return Math.max(until, 0);
}

async function target(at: Sight, now: number): Promise<number> {
  const { fields, language } = at.node;
  const raw = valueOfText(at.scope.input);
  if (language === 'JSONata') {
    if (fields.Seconds !== undefined) {
      const seconds = await jsonata(at, fields.Seconds, raw.json, 'Seconds', { expected: 'integer' });
      if ((seconds as number) < 0)
        throw queryFailure(at, `The Seconds field must not be negative: ${seconds}`, 'Seconds');
      return now + (seconds as number) * 1000;
    }
    const text = await jsonata(at, fields.Timestamp ?? null, raw.json, 'Timestamp', { expected: 'string' });
    const time = timeOf(text as string);
    if (time !== null) return time;
    const says = `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`;
    throw queryFailure(at, says, 'Timestamp');
  }
  if (typeof fields.Seconds === 'number') return now + fields.Seconds * 1000;
  if (typeof fields.Timestamp === 'string') return timeOf(fields.Timestamp) ?? now;
  const input = effectiveInput(at, raw).json;
  const { SecondsPath, TimestampPath } = fields;
  if (typeof SecondsPath === 'string') {
    const seconds = path(at, SecondsPath, input, 'SecondsPath');
    const shown = `${SecondsPath} == ${typeof seconds === 'string' ? seconds : JSON.stringify(seconds)}`;
    if (typeof seconds !== 'number' || !Number.isInteger(seconds)) {
      throw runtimeFailure(at, `The SecondsPath parameter cannot be parsed as a long value: ${shown}`);
    }
    if (seconds < 0) throw runtimeFailure(at, `The SecondsPath parameter references a negative value: ${shown}`);
    return now + seconds * 1000;
  }
  const text = path(at, TimestampPath as string, input, 'TimestampPath');
  const time = typeof text === 'string' ? timeOf(text) : null;
  if (time !== null) return time;
  const shown = `${TimestampPath} == ${typeof text === 'string' ? text : JSON.stringify(text)}`;
  const says =
    'The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string';
  throw runtimeFailure(at, `${says}: ${shown}`);
}

/** Milliseconds since 1970 of an ISO 8601 date and time with its offset; null where it is none. */
export function timeOf(text: string): number | null {
  if (!ISO.test(text)) return null;
  const time = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
  if (Number.isNaN(time)) return null;
  // Date.parse takes 2016-02-31 for a day in March.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10)) ? time : null;
}
