import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { composeScript, quote } from './shell.ts';

const sh = (script: string) => spawnSync('/bin/sh', ['-s'], { input: script, encoding: 'utf8' });

const text = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom("'", '"', '\\', '$(id)', '`id`', '\n', '\r', '!', '*', ' ', '-n', '%s', '\t', '\u0001', 'ü'),
      )
      .map((parts) => parts.join('')),
  )
  .map((one) => one.replaceAll('\0', ''));

test('a quoted word reaches a command as it is, whatever is in it', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
      const { status, stdout } = sh(`printf '%s\\0' ${words.map(quote).join(' ')}\n`);
      assert.equal(status, 0);
      assert.deepEqual(stdout.split('\0').slice(0, -1), words);
    }),
    { numRuns: 60 },
  );
});

test('a NUL is refused, for no shell can pass it on', () => {
  assert.throws(() => quote('a\0b'), /NUL/);
  assert.throws(() => composeScript('follow.sh', { NONCE: '\0' }), /NUL/);
});

test('a script gets its inputs as variables, whatever they hold', () => {
  const hostile = "'; exit 3; '\n$(exit 4)";
  const script = composeScript('follow.sh', { NONCE: hostile, RUN_ID: hostile });
  const own = script.indexOf('# Tells how a run');
  assert.ok(own > 0);
  const { status, stdout } = sh(`${script.slice(0, own)}printf %s "$NONCE$RUN_ID"\n`);
  assert.deepEqual([status, stdout], [0, hostile + hostile]);
});

test('only a name for a variable becomes one', () => {
  for (const name of ['a', 'A B', 'A;id', '1A', '', 'PATH=x']) {
    assert.throws(() => composeScript('follow.sh', { [name]: '' }), /variable/, name);
  }
});
