import { Cron } from 'croner';

/** The moments of a schedule. */
export interface Schedule {
  /** The latest moment after `since` and not after `now`; null: there is none. */
  latest(since: Date, now: Date): Date | null;
}

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** A bake takes minutes: what is asked for more often would only queue up. */
const SHORTEST_MS = 15 * 60_000;

/**
 * `rate(12 hours)` or `cron(30 3 ? * MON *)`, in Systems Manager's form: minutes, hours, day of month, month, day of week
 * (1 is Sunday) and, where it is given, year.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html
 */
export function readSchedule(expression: string, timezone: string): Schedule | { readonly fault: string } {
  const rate = /^rate\((\d{1,5}) (minute|hour|day)s?\)$/.exec(expression);
  if (rate !== null) {
    const every = Number(rate[1]) * (UNITS[rate[2] ?? ''] ?? 0);
    if (every < SHORTEST_MS) return { fault: 'a rate is 15 minutes at the least' };
    return {
      latest: (since, now) => {
        const times = Math.floor((now.getTime() - since.getTime()) / every);
        return times < 1 ? null : new Date(since.getTime() + times * every);
      },
    };
  }
  const fields = /^cron\(([^()]{1,200})\)$/.exec(expression)?.[1]?.trim();
  if (fields === undefined || !/^\S+(?: +\S+){4,5}$/.test(fields))
    return { fault: 'it is neither rate(…) nor cron(…)' };
  try {
    const options = { timezone, alternativeWeekdays: true, sloppyRanges: true, paused: true };
    const cron = new Cron(`0 ${fields}`, options);
    // An unknown time zone shows only when it is asked for.
    cron.nextRun();
    return {
      latest: (since, now) => {
        const [last] = cron.previousRuns(1, now);
        return last !== undefined && last > since ? last : null;
      },
    };
  } catch (error) {
    return { fault: `it cannot be read: ${(error as Error).message.slice(0, 200)}` };
  }
}
