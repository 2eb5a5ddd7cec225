import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { debianUpdates } from '../../../test/patch-scan.ts';
import { firstSeenRecord } from './available-patches.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const at = (gatheredAt: string) => {
  const usual = debianUpdates();
  return { ...usual, evidence: { ...usual.evidence, gatheredAt } };
};

test('what a first look saw is known to whoever takes the run over, before anything was recorded', async () => {
  const first = at('2026-11-22T12:00:00.000Z');
  const [update] = first.updates;
  assert.ok(update !== undefined);
  const seen = await firstSeenRecord(store.db, '000000000000', first);
  assert.equal(seen.of(update), '2026-11-22T12:00:00.000Z', 'it is seen when the node was looked at');
  await seen.note(first.updates, new Date());
  const later = await firstSeenRecord(store.db, '000000000000', at('2026-11-22T13:00:00.000Z'));
  assert.equal(later.of(update), '2026-11-22T12:00:00.000Z');
  assert.equal(later.of({ ...update, version: '9' }), '2026-11-22T13:00:00.000Z');
});
