import { firstSeenOf } from '../src/control/patch-manager/available-patches.ts';
import { type PatchOperation, recordPatchOperation } from '../src/control/patch-manager/record-patches.ts';
import type { Advisory, Knowledge } from '../src/core/advisories/types.ts';
import { predefinedFor } from '../src/core/baselines/predefined.ts';
import type { PatchBaseline } from '../src/core/baselines/types.ts';
import { evaluate } from '../src/core/compliance/evaluate.ts';
import type { Inventory } from '../src/core/compliance/inventory.ts';
import { installed, inventory, MAIN, NOW, updateOf } from '../src/core/compliance/inventory-arbitrary.ts';
import type { Database } from '../src/store/database.ts';

export const SCANNED_AT = NOW;

/** Three packages of a Debian 12: bash is current, openssl has a security update, curl one that is none. */
export function debianUpdates(more: Partial<Inventory> = {}): Inventory {
  const [bash, curl, openssl] = ['bash', 'curl', 'openssl'].map((name) => installed({ name }));
  if (bash === undefined || curl === undefined || openssl === undefined) throw new Error('three names, three packages');
  const updates = [updateOf(openssl), updateOf(curl, { version: '7.88.1-10+deb12u15', origins: [MAIN] })];
  return inventory({ packages: [bash, curl, openssl], updates, ...more });
}

const ADVISORY: Advisory = {
  id: 'DSA-6015-1',
  type: 'security',
  title: 'openssl',
  issued: '2026-11-20T00:00:00Z',
  updated: null,
  severity: { source: 'debian', raw: 'high', mapped: 'high' },
  cves: ['CVE-2026-0001', 'CVE-2026-0002'],
  references: [],
  affected: [],
};

/** Knows one advisory, for whatever openssl is updated. */
export const KNOWLEDGE: Knowledge = {
  fixedBy: ({ name }) => (name === 'openssl' ? [ADVISORY] : []),
  changelog: () => null,
  exploited: () => null,
  epss: () => null,
};

interface Scan extends Partial<Omit<PatchOperation, 'inventory' | 'evaluation'>> {
  readonly instanceId: string;
  readonly inventory: Inventory;
  readonly baseline?: PatchBaseline;
  readonly failed?: ReadonlyMap<string, string>;
}

/** Judges an inventory as a run does and records the outcome. Answers whether it was recorded. */
export async function recordScan(db: Database, given: Scan): Promise<boolean> {
  const { baseline = predefinedFor('DEBIAN'), failed, ...scan } = given;
  const { account = '000000000000', endedAt = SCANNED_AT } = scan;
  return db.transaction(async (tx) => {
    const firstSeen = await firstSeenOf(tx, account, scan.inventory, endedAt);
    const options = { firstSeen, ...(failed && { failed }) };
    return recordPatchOperation(tx, {
      account,
      patchGroup: null,
      baselineId: baseline.BaselineId ?? '',
      snapshotId: null,
      operation: 'Scan',
      rebootOption: null,
      startedAt: new Date(endedAt.getTime() - 5_000),
      endedAt,
      evaluation: evaluate(scan.inventory, KNOWLEDGE, baseline, endedAt, options),
      releasedAt: ({ name }) => (name === 'openssl' ? ADVISORY.issued : null),
      ...scan,
    });
  });
}
