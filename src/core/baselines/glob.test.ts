import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileGlob } from './glob.ts';

/** The definition itself, by recursion: right, and exponential. */
function reference(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const [head, rest] = [pattern.charAt(0), pattern.slice(1)];
  if (head === '*') return reference(rest, text) || (text !== '' && reference(pattern, text.slice(1)));
  if (text === '') return false;
  return (head === '?' || head === text.charAt(0)) && reference(rest, text.slice(1));
}

test('the matcher agrees with the definition of * and ? on every small input', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 7 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (p, t) => {
      assert.equal(compileGlob(p).matches(t), reference(p, t));
    }),
    { numRuns: 3000 },
  );
});

test('a text without wildcards matches itself and is told to be literal', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '.', '+', ']', '^', '$', '\\', '(', '-') }),
      fc.string(),
      (p, t) => {
        assert.ok(compileGlob(p).literal);
        assert.ok(compileGlob(p).matches(p));
        assert.equal(compileGlob(p).matches(t), p === t);
      },
    ),
  );
});

for (const [pattern, text, expected] of [
  ['lib[cz]*', 'libz1', true],
  ['lib[cz]*', 'libx1', false],
  ['lib[!cz]*', 'libx1', true],
  ['lib[^cz]*', 'libc6', false],
  ['python3.[0-9]', 'python3.9', true],
  ['python3.[0-9]', 'python3.x', false],
  ['[a-]', '-', true],
  ['[]a]', ']', true],
  ['[]a]', 'a', true],
  ['a[', 'a[', true],
  ['a[b', 'a[b', true],
  ['*', '', true],
  ['', '', true],
  ['?', '', false],
] as const) {
  test(`the shell pattern ${pattern} ${expected ? 'matches' : 'does not match'} "${text}"`, () => {
    assert.equal(compileGlob(pattern).matches(text), expected);
  });
}

test('a pattern made to explode is answered in bounded steps', () => {
  const text = 'a'.repeat(100_000);
  assert.equal(compileGlob(`${'*a'.repeat(49)}*b`).matches(text), false);
  assert.equal(compileGlob(`${'*a'.repeat(49)}*`).matches(text), true);
  assert.equal(compileGlob(`${'*'.repeat(100)}b`).matches(text), false);
});
