import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lineIndex } from './line-index.ts';

test('line and column lead back to the offset', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'é') }), fc.nat(40), (text, wanted) => {
      const { line, column } = lineIndex(text).at(wanted);
      const before = text.split('\n').slice(0, line - 1);
      const offset = before.reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
      assert.equal(offset, Math.min(wanted, text.length));
    }),
  );
});
