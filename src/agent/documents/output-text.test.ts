import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mergedText, stderrText, stdoutText } from './output-text.ts';
import { MOST_OUTPUT } from './step-files.ts';

const text = fc.integer({ min: 0, max: 30_000 }).chain((size) => {
  return fc.constantFrom('x', 'ü', '€', '😀').map((letter) => letter.repeat(Math.ceil(size / letter.length)));
});

test('An output that fits is sent as it is, and one that does not is cut between characters and marked', () => {
  fc.assert(
    fc.property(text, fc.constantFrom('', 'a note'), (written, note) => {
      const sent = stdoutText(Buffer.from(written), note);
      const whole = written + note;
      if (Buffer.byteLength(whole) < MOST_OUTPUT) return assert.equal(sent, whole);
      assert.ok(sent.endsWith('--output truncated--'));
      assert.ok(whole.startsWith(sent.slice(0, -20)));
      const size = Buffer.byteLength(sent);
      assert.ok(size <= MOST_OUTPUT && size > MOST_OUTPUT - 4, `${size} bytes`);
      assert.ok(stderrText(Buffer.from(written), note).endsWith('--error truncated--'));
    }),
    { numRuns: 60 },
  );
});

test('The merged output has at most 2,500 bytes, and something of both', () => {
  fc.assert(
    fc.property(text, text, (out, error) => {
      const merged = mergedText(out, error);
      assert.ok(Buffer.byteLength(merged) <= 2500);
      const [first, second] = merged.split('\n----------ERROR-------\n');
      if (error === '') return assert.equal(second, undefined);
      assert.equal(first === '', out === '');
      assert.notEqual(second, '');
      if (Buffer.byteLength(out) + Buffer.byteLength(error) < 2400) assert.deepEqual([first, second], [out, error]);
    }),
    { numRuns: 100 },
  );
});
