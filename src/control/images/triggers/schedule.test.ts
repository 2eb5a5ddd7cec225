import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSchedule, type Schedule } from './schedule.ts';

const at = (text: string) => new Date(text);
const scheduleOf = (expression: string, zone = 'UTC'): Schedule => {
  const read = readSchedule(expression, zone);
  if ('fault' in read) throw new Error(read.fault);
  return read;
};

test('a cron expression is in the words of Systems Manager, in its time zone', () => {
  const since = at('2026-01-01T00:00:00Z');
  const cases: [string, string, string, string | null][] = [
    ['cron(30 3 ? * MON *)', 'UTC', '2026-01-06T12:00:00Z', '2026-01-05T03:30:00.000Z'],
    // 1 is Sunday.
    ['cron(30 3 ? * 1 *)', 'UTC', '2026-01-06T12:00:00Z', '2026-01-04T03:30:00.000Z'],
    ['cron(0 2 ? * * *)', 'Europe/Berlin', '2026-01-02T12:00:00Z', '2026-01-02T01:00:00.000Z'],
    ['cron(0 0 L * ? *)', 'UTC', '2026-02-02T00:00:00Z', '2026-01-31T00:00:00.000Z'],
    ['cron(0 0 1 1 ? 2030)', 'UTC', '2026-02-02T00:00:00Z', null],
  ];
  for (const [expression, zone, now, expected] of cases) {
    const found = scheduleOf(expression, zone).latest(since, at(now));
    assert.equal(found?.toISOString() ?? null, expected, expression);
  }
});

test('however many moments were missed, the latest is told, and none from before the trigger', () => {
  const schedule = scheduleOf('cron(0 * * * ? *)');
  const since = at('2026-01-01T10:30:00Z');
  assert.equal(schedule.latest(since, at('2026-01-01T10:59:00Z')), null);
  assert.equal(schedule.latest(since, at('2026-01-09T11:10:00Z'))?.toISOString(), '2026-01-09T11:00:00.000Z');
});

test('a rate counts from the trigger, and its moments never move', () => {
  const since = at('2026-01-01T00:00:00Z');
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 1e10 }), (hours, later) => {
      const schedule = scheduleOf(`rate(${hours} hours)`);
      const found = schedule.latest(since, new Date(since.getTime() + later));
      if (found === null) return later < hours * 3_600_000;
      const passed = found.getTime() - since.getTime();
      return passed % (hours * 3_600_000) === 0 && passed <= later && later - passed < hours * 3_600_000;
    }),
  );
});

test('what is no schedule is refused with a reason', () => {
  for (const expression of [
    ...['', 'rate(0 hours)', 'rate(1 minute)', 'rate(-1 days)', 'rate(1e9 days)', 'at(2026-01-01T00:00:00)'],
    ...[
      'cron()',
      'cron(* * *)',
      'cron(99 * * * ? *)',
      'cron(0 0 ? * * *) ; x',
      `cron(${'* '.repeat(300)})`,
      '* * * * *',
    ],
  ]) {
    assert.ok('fault' in readSchedule(expression, 'UTC'), expression);
  }
  assert.ok('fault' in readSchedule('cron(0 0 ? * * *)', 'Nowhere/Land'));
});
