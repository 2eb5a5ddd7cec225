import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VERSION_SCHEMES } from '../../core/versions/schemes.ts';
import { versionPairs } from './version-pairs.ts';

function answers(chunks: readonly Buffer[], json = false): string {
  const pairs = versionPairs(VERSION_SCHEMES.rpm, json);
  return chunks.map(pairs.push).join('') + pairs.end();
}

const line = fc.array(
  fc.constantFrom('1', '2.0', '~', ' ', '\t', '\r', 'é', '\0', 'x'.repeat(4097), ' '.repeat(65536)),
  {
    maxLength: 5,
  },
);

test('answers do not depend on how the bytes come in', () => {
  const lines = fc.array(
    line.map((parts) => parts.join('')),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(lines, fc.array(fc.nat(70000), { maxLength: 4 }), fc.boolean(), (all, cuts, json) => {
      const bytes = Buffer.from(all.join('\n'));
      const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((x, y) => x - y), bytes.length];
      const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
      assert.equal(answers(chunks, json), answers([bytes], json));
    }),
  );
});

test('every line has an answer, and a line feed at the end starts no other line', () => {
  fc.assert(
    fc.property(
      fc.array(
        line.map((parts) => parts.join('')),
        { minLength: 1, maxLength: 5 },
      ),
      (lines) => {
        const out = answers([Buffer.from(`${lines.join('\n')}\n`)]);
        assert.equal(out.split('\n').length - 1, lines.length);
        assert.match(out, /^(?:(?:-1|0|1|invalid)\n)*$/);
      },
    ),
  );
});

test('a line of 65536 bytes is read, a longer one is invalid', () => {
  const space = ' '.repeat(65536 - 2);
  assert.equal(answers([Buffer.from(`1${space}2\n1 ${space}2\n`)]), '-1\ninvalid\n');
  assert.equal(answers([Buffer.from('1'), Buffer.from(space), Buffer.from('2')]), '-1\n');
});
