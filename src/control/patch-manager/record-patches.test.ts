import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { and, asc, eq } from 'drizzle-orm';
import fc from 'fast-check';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { debianUpdates, recordScan, SCANNED_AT } from '../../../test/patch-scan.ts';
import { installed, inventories, inventory, updateOf } from '../../core/compliance/inventory-arbitrary.ts';
import { availablePatch, patchResult, patchState } from '../../store/schema/patch.ts';
import { firstSeenOf, forgetOldPatches } from './available-patches.ts';
import { markPatchStateUnknown } from './record-patches.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const at = (minutes: number) => new Date(SCANNED_AT.getTime() + minutes * 60_000);
const rowsOf = (id: string) =>
  store.db
    .select()
    .from(patchResult)
    .where(eq(patchResult.instanceId, id))
    .orderBy(asc(patchResult.name), asc(patchResult.architecture));
const stateOf = async (id: string) =>
  (await store.db.select().from(patchState).where(eq(patchState.instanceId, id)))[0];

test('an older operation, and the same one again, leave what a later one found', async () => {
  const scan = { instanceId: 'mi-order', inventory: debianUpdates(), endedAt: at(10) };
  assert.equal(await recordScan(store.db, scan), true);
  const found = [await stateOf('mi-order'), await rowsOf('mi-order')];
  assert.equal(await recordScan(store.db, { ...scan, inventory: inventory(), endedAt: at(9) }), false);
  assert.equal(await recordScan(store.db, scan), true);
  assert.deepEqual([await stateOf('mi-order'), await rowsOf('mi-order')], found);
});

test('whatever a node reports, the rows are those of its last report', async () => {
  let minute = 0;
  await fc.assert(
    fc.asyncProperty(inventories(), async (reported) => {
      minute += 1;
      await recordScan(store.db, { instanceId: 'mi-any', inventory: reported, endedAt: at(minute) });
      const rows = await rowsOf('mi-any');
      const names = (list: readonly { name: string; architecture: string }[]) =>
        list.map((one) => `${one.name}:${one.architecture}`).sort();
      const arrivals = reported.updates.filter((one) => one.installedVersion === null);
      assert.deepEqual(names(rows), names([...reported.packages, ...arrivals]));
      const state = await stateOf('mi-any');
      assert.equal(rows.filter((row) => row.state === 'MISSING').length, state?.missing);
    }),
    { numRuns: 40 },
  );
});

test('reports of one node at the same time end as one of them and not as a mixture', async () => {
  const small = inventory();
  const reports = Array.from({ length: 8 }, (_, index) =>
    recordScan(store.db, {
      instanceId: 'mi-race',
      inventory: index % 2 === 0 ? debianUpdates() : small,
      endedAt: at(index),
    }),
  );
  await Promise.all(reports);
  assert.deepEqual((await stateOf('mi-race'))?.endedAt, at(7));
  assert.deepEqual(
    (await rowsOf('mi-race')).map(({ name }) => name),
    ['openssl'],
  );
});

test('nodes that report the same patches at the same time do not lock each other out', async () => {
  const packages = Array.from({ length: 40 }, (_, index) => installed({ name: `pkg${(index * 7) % 40}` }));
  const report = inventory({ packages, updates: packages.map((one) => updateOf(one)) });
  const turned = { ...report, updates: report.updates.toReversed() };
  await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      recordScan(store.db, { account: '7', instanceId: `mi-${index}`, inventory: index % 2 === 0 ? report : turned }),
    ),
  );
  const known = await store.db.select().from(availablePatch).where(eq(availablePatch.account, '7'));
  assert.equal(known.length, 40);
});

test('a thousand packages, NUL, broken Unicode and quotes in their names are kept', async () => {
  const many = Array.from({ length: 1_000 }, (_, index) => installed({ name: `package-${index}` }));
  const hostile = ['a\0b', 'c\ud800d', "'; DROP TABLE patch_state; --", '\\u0000'].map((name) => installed({ name }));
  const reported = inventory({ packages: [...many, ...hostile], updates: hostile.map((one) => updateOf(one)) });
  await recordScan(store.db, { instanceId: 'mi-many', inventory: reported });
  const names = (await rowsOf('mi-many')).map(({ name }) => name);
  assert.equal(names.length, 1_004);
  assert.ok(names.includes('a\ufffdb') && names.includes('c\ufffdd') && names.includes('\\u0000'));
});

test('a scan that finds what the last one found writes no package again', async () => {
  const versions = async () =>
    (await store.pool.query("SELECT xmin FROM patch_result WHERE instance_id = 'mi-same'")).rows;
  const first = installed({ name: 'first' });
  const second = installed({ name: 'second' });
  const scan = (minutes: number, packages = [first, second]) =>
    recordScan(store.db, { instanceId: 'mi-same', inventory: inventory({ packages }), endedAt: at(minutes) });
  await scan(1);
  const before = await versions();
  await scan(2);
  assert.deepEqual(await versions(), before);
  await scan(3, [first, { ...second, version: '4' }]);
  assert.equal((await versions()).filter(({ xmin }) => before.some((one) => one.xmin === xmin)).length, 1);
});

test('what two nodes learn of one version adds up, and the earliest sight counts', async () => {
  const openssl = installed();
  const patchOf = async () =>
    (
      await store.db
        .select()
        .from(availablePatch)
        .where(and(eq(availablePatch.account, '8')))
    )[0];
  const seen = (minutes: number, more: object) => {
    const reported = inventory({ packages: [openssl], updates: [updateOf(openssl, more)] });
    return recordScan(store.db, {
      account: '8',
      instanceId: `mi-${minutes}`,
      inventory: reported,
      endedAt: at(minutes),
    });
  };
  await seen(5, { name: 'openssl' });
  const known = await patchOf();
  assert.deepEqual(
    [known?.classification, known?.cves.length, known?.repository],
    ['Security', 2, 'bookworm-security'],
  );
  assert.deepEqual([known?.firstSeen, known?.releasedAt], [at(5), new Date('2026-11-20T00:00:00Z')]);
  await seen(60, { origins: [] });
  assert.deepEqual(await patchOf(), known);
  const earlier = await firstSeenOf(store.db, '8', inventory({ updates: [updateOf(openssl)] }), at(90));
  assert.equal(earlier(updateOf(openssl)), at(5).toISOString());
  assert.equal(earlier(updateOf(openssl, { version: '9' })), at(90).toISOString());
});

test('versions that nothing offers any more are forgotten after a season', async () => {
  await recordScan(store.db, { account: '9', instanceId: 'mi-old', inventory: debianUpdates() });
  await forgetOldPatches(store.db, at(60 * 24 * 89));
  const left = () => store.db.select().from(availablePatch).where(eq(availablePatch.account, '9'));
  assert.equal((await left()).length, 2);
  assert.ok((await forgetOldPatches(store.db, at(60 * 24 * 91))) >= 2);
  assert.equal((await left()).length, 0);
});

test('a scan that failed leaves the packages and takes the status', async () => {
  await recordScan(store.db, { instanceId: 'mi-dark', inventory: inventory() });
  const rows = await rowsOf('mi-dark');
  await markPatchStateUnknown(store.db, { account: '000000000000', instanceId: 'mi-dark', reason: 'It is locked.' });
  const state = await stateOf('mi-dark');
  assert.deepEqual([state?.status, state?.statusReasons], ['UNKNOWN', ['It is locked.']]);
  assert.deepEqual(await rowsOf('mi-dark'), rows);
});
