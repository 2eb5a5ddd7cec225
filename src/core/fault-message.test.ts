import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DrizzleQueryError } from 'drizzle-orm/errors';
import { faultMessage } from './fault-message.ts';

test('a failed query is told without its parameters', () => {
  const lost = new DrizzleQueryError('INSERT INTO access_key', ['AKIA1', 'sealed'], new Error('connection terminated'));
  assert.equal(faultMessage(lost), 'connection terminated');
  assert.equal(faultMessage(new DrizzleQueryError('SELECT 1', ['AKIA1'])), 'A query of the store failed.');
});

test('any other error is told as it is', () => {
  assert.equal(faultMessage(new Error('no such file')), 'no such file');
  assert.equal(faultMessage('a word'), 'a word');
});
