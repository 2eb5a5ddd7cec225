import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { debianUpdates, recordScan, SCANNED_AT } from '../../../test/patch-scan.ts';
import { baseline, inventory, rule } from '../../core/compliance/inventory-arbitrary.ts';
import { patchComplianceItems, patchComplianceSummaries, UNKNOWN_ITEM } from './patch-compliance.ts';
import { markPatchStateUnknown } from './record-patches.ts';

const ACCOUNT = '000000000000';
let store: TestDatabase;
before(async () => {
  store = await testDatabase();
  const critical = baseline({ BaselineId: 'pb-0123456789abcdef0' }, [rule({ ComplianceLevel: 'CRITICAL' })]);
  const snapshotId = '6f6c3f6e-6f3a-4d0c-9e57-000000000001';
  const scan = { patchGroup: 'web', baseline: critical, snapshotId };
  await recordScan(store.db, { ...scan, instanceId: 'mi-bad', inventory: debianUpdates() });
  await recordScan(store.db, { instanceId: 'mi-good', inventory: inventory() });
});
after(() => store.dispose());

const summaries = (now = SCANNED_AT, id?: string) => patchComplianceSummaries(store.db, ACCOUNT, now, id);
const items = (id: string, now = SCANNED_AT) =>
  patchComplianceItems({ db: store.db, account: ACCOUNT, region: 'us-east-1', now }, id);
const THREE_DAYS_LATER = new Date(SCANNED_AT.getTime() + 3 * 86_400_000);

test('a node is as compliant as its worst package', async () => {
  const [bad, good] = await summaries();
  assert.deepEqual(
    [
      bad?.instanceId,
      bad?.status,
      bad?.severity,
      bad?.counts.NON_COMPLIANT.CRITICAL,
      bad?.counts.COMPLIANT.UNSPECIFIED,
    ],
    ['mi-bad', 'NON_COMPLIANT', 'CRITICAL', 1, 2],
  );
  assert.deepEqual(bad?.execution, {
    time: SCANNED_AT,
    id: '6f6c3f6e-6f3a-4d0c-9e57-000000000001',
    type: 'Command',
  });
  assert.deepEqual([good?.status, good?.severity, good?.counts.COMPLIANT.UNSPECIFIED], ['COMPLIANT', 'UNSPECIFIED', 1]);
  assert.deepEqual(await summaries(SCANNED_AT, 'mi-none'), []);
});

test('the items tell what a package is, what it should be, and by which baseline', async () => {
  const [bash, , openssl, ...more] = await items('mi-bad');
  assert.deepEqual(
    [bash?.id, bash?.status, bash?.details.PatchState, more.length],
    ['bash.amd64', 'COMPLIANT', 'InstalledOther', 0],
  );
  assert.deepEqual(openssl, {
    id: 'openssl.amd64',
    title: 'openssl.amd64:3.0.22-1~deb12u2',
    severity: 'CRITICAL',
    status: 'NON_COMPLIANT',
    details: {
      PatchBaselineId: 'pb-0123456789abcdef0',
      PatchGroup: 'web',
      DocumentName: 'AWS-RunPatchBaseline',
      PatchState: 'Missing',
      Classification: 'Security',
      PatchSeverity: 'Important',
      InstalledTime: '',
      CVEIds: 'CVE-2026-0001,CVE-2026-0002',
    },
  });
  assert.deepEqual(await items('mi-none'), []);
});

test('the counts of a summary are those of the items, and old evidence is one item that is not compliant', async () => {
  for (const now of [SCANNED_AT, THREE_DAYS_LATER]) {
    for (const { instanceId, counts, status } of await summaries(now)) {
      const found = await items(instanceId, now);
      for (const side of ['COMPLIANT', 'NON_COMPLIANT'] as const) {
        const total = Object.values(counts[side]).reduce((sum, count) => sum + count, 0);
        assert.equal(found.filter((item) => item.status === side).length, total, `${instanceId} ${side}`);
      }
      assert.equal(
        status === 'COMPLIANT',
        found.every((item) => item.status === 'COMPLIANT'),
      );
    }
  }
  const [doubt] = await items('mi-good', THREE_DAYS_LATER);
  assert.deepEqual([doubt?.id, doubt?.details.PatchState], [UNKNOWN_ITEM, 'Unknown']);
  assert.match(doubt?.title ?? '', /^Unknown: The last operation ended at 2026-11-22T12:00:00.000Z/);
});

test('a failed scan makes a good node one that is not compliant, with the reason', async () => {
  await markPatchStateUnknown(store.db, { account: ACCOUNT, instanceId: 'mi-good', reason: 'dpkg is locked.' });
  const [summary] = await summaries(SCANNED_AT, 'mi-good');
  assert.deepEqual([summary?.status, summary?.counts.NON_COMPLIANT.UNSPECIFIED], ['NON_COMPLIANT', 1]);
  assert.equal((await items('mi-good'))[0]?.title, 'Unknown: dpkg is locked.');
});
