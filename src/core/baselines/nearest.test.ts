import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { didYouMean, editDistance, nearest } from './nearest.ts';
import { OPERATING_SYSTEMS } from './types.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });

test('the distance is zero for equal words only, and the same both ways', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b, 20);
      assert.equal(distance === 0, a === b);
      assert.equal(distance, editDistance(b, a, 20));
      assert.ok(distance <= Math.max(a.length, b.length));
    }),
  );
});

test('one slip is one step', () => {
  fc.assert(
    fc.property(word, fc.nat(8), fc.constantFrom('x', 'y'), (a, at, letter) => {
      const inserted = a.slice(0, at) + letter + a.slice(at);
      assert.equal(editDistance(a, inserted, 20), 1);
    }),
  );
  assert.equal(editDistance('Nmae', 'Name', 20), 1);
});

test('above the limit the distance is told as just that', () => {
  assert.equal(editDistance('abc', 'xyz', 1), 2);
  assert.equal(editDistance('a', 'abcdef', 2), 3);
});

test('what was meant is found in spite of case, slips and missing parts', () => {
  assert.equal(nearest('debian', OPERATING_SYSTEMS), 'DEBIAN');
  assert.equal(nearest('UBUTNU', OPERATING_SYSTEMS), 'UBUNTU');
  assert.equal(nearest('REDHAT', OPERATING_SYSTEMS), 'REDHAT_ENTERPRISE_LINUX');
  assert.equal(nearest('debian12', OPERATING_SYSTEMS), 'DEBIAN');
  assert.equal(didYouMean('ApprovalRule', ['Name', 'ApprovalRules']), 'did you mean "ApprovalRules"?');
});

test('nothing is suggested for a word that is like none of them', () => {
  assert.equal(nearest('plan9', OPERATING_SYSTEMS), null);
  assert.equal(nearest('', OPERATING_SYSTEMS), null);
  assert.equal(nearest('x'.repeat(1000), OPERATING_SYSTEMS), null);
  assert.equal(didYouMean('plan9', OPERATING_SYSTEMS), null);
});
