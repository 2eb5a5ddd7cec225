import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, elapsed } from './age.ts';

const MINUTE = 60_000;

for (const [minutes, expected] of [
  [0.5, '< 1 min'],
  [1, '1 min'],
  [119, '119 min'],
  [120, '2 hours'],
  [47 * 60, '47 hours'],
  [48 * 60, '2 days'],
  [730 * 24 * 60, '730 days'],
  [3 * 366 * 24 * 60, '3 years'],
] as const) {
  test(`${minutes} minutes read as ${expected}`, () => assert.equal(duration(minutes * MINUTE), expected));
}

test('the time between two moments is counted across zones, and the future is negative', () => {
  assert.equal(elapsed('2026-11-20T01:00:00Z', '2026-11-20T03:00:00+01:00'), 60 * MINUTE);
  assert.equal(elapsed('2026-11-20T03:00:00Z', '2026-11-20T01:00:00Z'), -120 * MINUTE);
});

test('a moment that is missing or no date has no age', () => {
  assert.equal(elapsed(null, '2026-11-20T01:00:00Z'), null);
  assert.equal(elapsed('yesterday', '2026-11-20T01:00:00Z'), null);
  assert.equal(elapsed('2026-11-20T01:00:00Z', ''), null);
});
