import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { waysBack } from './ways-back.ts';

for (const [moves, back] of [
  ['', ''],
  ['A', ''],
  ['AB', 'A'],
  ['ABC', 'BA'],
  ['ABA', ''],
  ['ZABA', 'Z'],
  ['ABAC', 'A'],
  ['ABAB', 'A'],
  ['ABCAD', 'A'],
  ['ABCB', 'A'],
  ['AA', ''],
] as const) {
  test(`a channel that pointed to ${moves === '' ? 'nothing' : [...moves].join(', ')} goes back to ${back === '' ? 'none' : [...back].join(', then ')}`, () => {
    assert.deepEqual(waysBack([...moves].reverse()), [...back]);
  });
}

test('the present image is no way back, no image is one twice, and going back takes one step of it', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('A', 'B', 'C', 'D', 'E'), { minLength: 1 }), (moves) => {
      const [next, ...rest] = waysBack(moves);
      assert.ok(next !== moves[0] && !rest.includes(moves[0] ?? '') && new Set(rest).size === rest.length);
      if (next !== undefined) assert.deepEqual(waysBack([next, ...moves]), rest);
    }),
  );
});
