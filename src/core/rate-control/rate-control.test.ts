import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isExhausted } from './budget.ts';
import { parseSize, type Size, sizeOf } from './size.ts';
import { windowSize } from './window.ts';

const size: fc.Arbitrary<Size> = fc.oneof(
  fc.record({ unit: fc.constant('targets' as const), value: fc.nat(200) }),
  fc.record({ unit: fc.constant('percent' as const), value: fc.nat(100) }),
);
const targets = fc.nat(1000);

function read(text: string): Size {
  const parsed = parseSize(text);
  assert.ok(parsed);
  return parsed;
}

test('sizes are counts or whole percentages, and nothing else', () => {
  assert.deepEqual(parseSize('10'), { unit: 'targets', value: 10 });
  assert.deepEqual(parseSize('100%'), { unit: 'percent', value: 100 });
  for (const text of ['', '%', '-1', '1.5', '101%', '10 %', '1e3', '12345678']) assert.equal(parseSize(text), null);
});

test("shares round down: AWS's own examples", () => {
  assert.equal(isExhausted(read('10%'), 50, 5), false);
  assert.equal(isExhausted(read('10%'), 50, 6), true);
  assert.equal(isExhausted(read('0'), 50, 0), false);
  assert.equal(isExhausted(read('0'), 50, 1), true);
  assert.equal(sizeOf(read('10%'), 19), 1);
  assert.equal(windowSize(read('10%'), 5, 0, false), 1);
});

test('the ramp goes 1, 2, 4 and so on to the top', () => {
  const sizes = [0, 1, 2, 3, 6, 7, 14, 15, 500].map((done) => windowSize(read('10'), 1000, done, true));
  assert.deepEqual(sizes, [1, 2, 2, 4, 4, 8, 8, 10, 10]);
});

test('a window lets somebody work, never more than allowed, and never shrinks as targets end', () => {
  fc.assert(
    fc.property(size, targets, targets, fc.boolean(), (concurrency, count, done, rampUp) => {
      const window = windowSize(concurrency, count, done, rampUp);
      assert.ok(window >= 1);
      assert.ok(window <= Math.max(1, sizeOf(concurrency, count)));
      assert.ok(window <= Math.max(1, count));
      assert.ok(windowSize(concurrency, count, done + 1, rampUp) >= window);
      assert.ok(window <= windowSize(concurrency, count, done, false));
    }),
  );
});

test('a budget that is spent stays spent, and one more failure than allowed spends it', () => {
  fc.assert(
    fc.property(size, targets, targets, (maxErrors, count, failed) => {
      if (isExhausted(maxErrors, count, failed)) assert.ok(isExhausted(maxErrors, count, failed + 1));
      const allowed = sizeOf(maxErrors, count);
      assert.equal(isExhausted(maxErrors, count, allowed), false);
      assert.equal(isExhausted(maxErrors, count, allowed + 1), true);
    }),
  );
});
