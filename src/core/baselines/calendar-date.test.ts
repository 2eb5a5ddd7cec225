import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { calendarDay } from './calendar-date.ts';

test('every day of the calendar is read, from its first to its last moment', () => {
  const days = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(days, (date) => {
      const text = date.toISOString().slice(0, 10);
      const day = calendarDay(text);
      assert.equal(day?.start.toISOString(), `${text}T00:00:00.000Z`);
      assert.equal(day?.end.toISOString(), `${text}T23:59:59.999Z`);
    }),
  );
});

test('what is not in the calendar or not in the form is no day', () => {
  for (const text of ['2024-02-30', '2023-02-29', '2024-13-01', '2024-00-10', '2024-01-00', '2024-1-1', '24-01-01']) {
    assert.equal(calendarDay(text), null, text);
  }
  for (const text of ['', '2024-01-01T00:00:00Z', '2024/01/01', '+2024-01-01', '２０２４-01-01']) {
    assert.equal(calendarDay(text), null, text);
  }
});
