import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { excerpt } from './source-excerpt.ts';

test('the caret stands under the column', () => {
  assert.deepEqual(excerpt('  Name: ab', 9), { source: '  Name: ab', indent: ' '.repeat(8) });
});

test('the caret stands under its character whatever the line and the column', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', ' ', '\t', '\u202e', '\x1b', 'ü'), maxLength: 400 }),
      fc.nat(400),
      (text, at) => {
        const line = `${text.slice(0, at)}#${text.slice(at)}`;
        const found = excerpt(line, line.indexOf('#') + 1);
        assert.ok(found);
        assert.equal(found.source.charAt(found.indent.length), '#');
        assert.ok(found.source.length <= 101);
        assert.doesNotMatch(found.source, /[\t\x1b\u202e]/);
      },
    ),
  );
});

test('a column past the end of the line points just behind it', () => {
  assert.equal(excerpt('Name: [a', 500)?.indent.length, 8);
});

test('a blank line is not worth showing', () => {
  assert.equal(excerpt('', 1), null);
  assert.equal(excerpt(' \t ', 2), null);
});

test('credentials are covered letter by letter', () => {
  assert.equal(
    excerpt('deb https://user:hunter2@example.com/ x', 38)?.source,
    'deb https://************@example.com/ x',
  );
  assert.equal(excerpt('password=hunter2', 1)?.source, 'password=*******');
  assert.equal(excerpt('{"Token": "hunter2"}', 1)?.source, '{"Token": "*******"}');
});
