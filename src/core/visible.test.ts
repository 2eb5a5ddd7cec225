import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { visible } from './visible.ts';

test('plain names, versions and accented letters stay as they are', () => {
  assert.equal(visible('libssl3 1:3.0.22-1~deb12u2+b1'), 'libssl3 1:3.0.22-1~deb12u2+b1');
  assert.equal(visible('Büro-Server “web” – 1'), 'Büro-Server “web” – 1');
});

for (const [what, text, expected] of [
  ['a terminal escape', 'a\x1b[31mb', 'a\\u{1b}[31mb'],
  ['an eight-bit escape', 'a\x9b31mb', 'a\\u{9b}31mb'],
  ['NUL and DEL', '\0\x7f', '\\u{0}\\u{7f}'],
  ['line breaks and tabs', 'a\nb\r\tc', 'a\\nb\\r\\tc'],
  ['a turned direction', 'a\u202eb', 'a\\u{202e}b'],
  ['a zero-width space', 'a\u200bb', 'a\\u{200b}b'],
  ['a combining mark', 'e\u0301', 'e\\u{301}'],
  ['a wide character', '補', '\\u{88dc}'],
  ['an emoji', '💥', '\\u{1f4a5}'],
  ['a Cyrillic look-alike', 'сurl', '\\u{441}url'],
  ['half a surrogate pair', 'a\ud800b', 'a\\u{d800}b'],
] as const) {
  test(`${what} is shown as its code point`, () => assert.equal(visible(text), expected));
}

test('any text becomes one line of characters that are one column wide', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = visible(text);
      assert.match(shown, /^[\x20-\x7e\u00a1-\u017f\u2010-\u2027]*$/);
      assert.doesNotMatch(shown, /\u00ad/);
      assert.equal(visible(shown), shown);
    }),
  );
});
