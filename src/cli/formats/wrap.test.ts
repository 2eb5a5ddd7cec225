import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wrap } from './wrap.ts';

test('text is broken at spaces and indented', () => {
  assert.deepEqual(wrap('one two three four', 10, '> ', '  '), ['> one two', '  three', '  four']);
});

test('a word that is too long is cut, and nothing is lost', () => {
  assert.deepEqual(wrap('ab 0123456789012 c', 10), ['ab', '0123456789', '012 c']);
});

test('with endless width there is one line', () => {
  assert.deepEqual(wrap('one two', Number.POSITIVE_INFINITY, '  '), ['  one two']);
});

test('no text is one empty line', () => {
  assert.deepEqual(wrap('', 20, '  '), ['  ']);
});

test('every line fits, and the words come back in order', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(words, fc.integer({ min: 8, max: 60 }), (list, width) => {
      const lines = wrap(list.join(' '), width);
      for (const line of lines) assert.ok(line.length <= width);
      assert.equal(lines.join('').replaceAll(' ', ''), list.join(''));
    }),
  );
});
