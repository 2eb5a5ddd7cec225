import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRefresh } from './refresh.ts';

const NONCE = 'ab'.repeat(16);
const printed = (name: string, text: string, code: number) => `\n@@${NONCE} ${name}\n${text}\n@@${NONCE} end ${code}\n`;
const said = (text: string, code: number) =>
  parseRefresh(printed('update', text, code) + printed('done', '', 0), NONCE);

test('lists that were fetched are nothing to speak of, warnings or not', () => {
  assert.equal(
    said('Hit:1 http://mirror.example/debian bookworm InRelease\nW: Key is stored in legacy keyring\n', 0),
    null,
  );
});

test('a failure is told by what apt said of it, and not by what only looks like it', () => {
  const text = [
    'Err:1 http://mirror.example/debian bookworm InRelease',
    '  Could not connect to mirror.example:80',
    'Extracting templates',
    'Working on it',
    'W: Some index files failed to download.',
    'E: Failed to fetch http://mirror.example/debian',
  ].join('\n');
  assert.equal(
    said(text, 100),
    'Err:1 http://mirror.example/debian bookworm InRelease W: Some index files failed to download. E: Failed to fetch http://mirror.example/debian',
  );
});

test('a failure without a word has its exit code', () => {
  assert.equal(said('', 100), 'apt-get update ended with 100');
});

test('an answer that was cut off is a failure', () => {
  assert.equal(parseRefresh(printed('update', '', 0), NONCE), 'it ended in the middle');
  assert.equal(parseRefresh(printed('done', '', 0), NONCE), 'it ended in the middle');
});
