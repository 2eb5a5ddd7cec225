import { createHash } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import type { AvailableUpdate, Inventory } from '../../core/compliance/inventory.ts';
import type { Evaluation, PatchResult } from '../../core/compliance/types.ts';
import type { Database } from '../../store/database.ts';
import { patchState } from '../../store/schema/patch.ts';
import { recordInventory } from '../exposure/record-inventory.ts';
import { noteAvailablePatches, type OfferedUpdates } from './available-patches.ts';
import { tallyOf } from './patch-compliance.ts';
import { storable } from './storable.ts';

type GatheredInventory = Pick<Inventory, 'target' | 'packages' | 'updates' | 'evidence'>;

/** One scan or install of one node, as it ended. */
export interface PatchOperation {
  readonly account: string;
  readonly instanceId: string;
  /** null: the node is in none. */
  readonly patchGroup: string | null;
  /** `pb-…`, custom or predefined. */
  readonly baselineId: string;
  readonly snapshotId: string | null;
  readonly operation: 'Scan' | 'Install';
  /** null for a scan, which never reboots. */
  readonly rebootOption: 'RebootIfNeeded' | 'NoReboot' | null;
  readonly installOverrideList?: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** After an install: of the proof that followed it. */
  readonly evaluation: Evaluation;
  /** Whole where this server gathered it itself; what tooling on a node reports has the updates alone. */
  readonly inventory: OfferedUpdates | GatheredInventory;
  /** ISO 8601 date of the newest advisory that an update fixes, as the knowledge behind the evaluation has it. */
  readonly releasedAt?: (update: AvailableUpdate) => string | null;
}

/**
 * Makes an operation the node's last one: its counters, its status and a row for every package, in place of all that
 * was there; keeps its inventory, and notes the versions that it found to be available. Half of it never stands: `tx` is one transaction.
 * Answers false, and changes nothing, where the store has a later operation already (reports come in any order, and
 * more than once).
 */
export async function recordPatchOperation(tx: Database, done: PatchOperation): Promise<boolean> {
  const { account, instanceId } = done;
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`patch ${account} ${instanceId}`}, 0))`);
  const [before] = await tx
    .select()
    .from(patchState)
    .where(and(eq(patchState.account, account), eq(patchState.instanceId, instanceId)));
  if (before !== undefined && before.endedAt > done.endedAt) return false;
  const rows = resultRows(done.evaluation.patches);
  const patchesHash = createHash('sha256').update(rows).digest();
  const state = { ...stateRow(done, before?.lastNoRebootInstallAt ?? null), patchesHash };
  await tx
    .insert(patchState)
    .values(state)
    .onConflictDoUpdate({ target: [patchState.account, patchState.instanceId], set: state });
  // Most scans find what the last one found: a thousand rows that are the same need no second look.
  if (!before?.patchesHash.equals(patchesHash)) {
    const installedNow = done.operation === 'Install' && before !== undefined ? done.endedAt : null;
    await replaceResults(tx, account, instanceId, rows, installedNow);
  }
  const { inventory } = done;
  if ('packages' in inventory)
    await recordInventory(tx, { account, instanceId, inventory, gatheredAt: gatheredAt(inventory, done.endedAt) });
  await noteAvailablePatches(tx, account, {
    inventory: done.inventory,
    results: done.evaluation.patches,
    releasedAt: done.releasedAt ?? (() => null),
    seenAt: done.endedAt,
  });
  return true;
}

/** When the node was looked at. */
function gatheredAt({ evidence }: GatheredInventory, endedAt: Date): Date {
  const told = new Date(evidence.gatheredAt);
  return told < endedAt ? told : endedAt;
}

/**
 * A scan or install that could not tell anything: what is known of the node stays to be read, and counts as unknown,
 * which is never compliant, until the next one succeeds. A node that was never scanned has nothing to change.
 */
export async function markPatchStateUnknown(
  db: Database,
  failed: { account: string; instanceId: string; reason: string },
): Promise<void> {
  await db
    .update(patchState)
    .set({ status: 'UNKNOWN', statusReasons: [storable(failed.reason)] })
    .where(and(eq(patchState.account, failed.account), eq(patchState.instanceId, failed.instanceId)));
}

function stateRow(done: PatchOperation, lastNoReboot: Date | null) {
  const { status, statusReasons, counts } = done.evaluation;
  const { os } = done.inventory.target;
  const noReboot = done.operation === 'Install' && done.rebootOption === 'NoReboot';
  return {
    account: done.account,
    instanceId: done.instanceId,
    patchGroup: done.patchGroup ?? '',
    baselineId: done.baselineId,
    operatingSystem: os.operatingSystem,
    product: storable(os.product),
    snapshotId: done.snapshotId,
    operation: done.operation,
    rebootOption: done.rebootOption,
    installOverrideList: storable(done.installOverrideList ?? null),
    startedAt: done.startedAt,
    endedAt: done.endedAt,
    lastNoRebootInstallAt: noReboot ? done.endedAt : lastNoReboot,
    status,
    statusReasons: statusReasons.map(storable),
    compliance: tallyOf(done.evaluation.patches),
    ...counts,
  };
}

/** The results as JSON for the database, one for each name and architecture. */
function resultRows(patches: readonly PatchResult[]): string {
  const rows = patches.map(resultRow);
  // Hardly any report holds what the store cannot keep, and a look at the text is quicker than one at every value.
  const isClean = !/\\u(?:0000|d[89a-f])/.test(JSON.stringify(rows));
  const unique = new Map(
    (isClean ? rows : storable(rows)).map((row) => [`${row.name}\n${row.architecture}`, row] as const),
  );
  return JSON.stringify([...unique.values()]);
}

function resultRow(patch: PatchResult) {
  const { name, architecture, installedVersion, availableVersion, state, reason, complianceLevel, ...rest } = patch;
  const { classification, severity, ...detail } = rest;
  const isPlain = availableVersion === null && (state === 'INSTALLED' || state === 'INSTALLED_OTHER');
  return {
    name,
    architecture,
    installed_version: installedVersion,
    available_version: availableVersion,
    state,
    reason,
    compliance_level: complianceLevel,
    classification,
    severity: severity?.mapped ?? null,
    detail: isPlain ? null : { ...detail, severity },
  };
}

/**
 * One statement for any number of packages; rows that are as they were are not written. `installedNow` dates versions
 * that this operation brought: those that the node did not have when it was looked at before.
 */
async function replaceResults(
  tx: Database,
  account: string,
  instanceId: string,
  rows: string,
  installedNow: Date | null,
): Promise<void> {
  await tx.execute(sql`
    WITH fresh AS (
      SELECT * FROM json_to_recordset(${rows}::json) AS row (
        name text, architecture text, installed_version text, available_version text, state text, reason text,
        compliance_level text, classification text, severity text, detail jsonb)
    ), gone AS (
      DELETE FROM patch_result old
      WHERE old.account = ${account} AND old.instance_id = ${instanceId} AND NOT EXISTS (
        SELECT FROM fresh WHERE fresh.name = old.name AND fresh.architecture = old.architecture)
    )
    INSERT INTO patch_result AS old (account, instance_id, name, architecture, installed_version, available_version,
      state, reason, compliance_level, classification, severity, detail, installed_at)
    SELECT ${account}, ${instanceId}, fresh.*,
      CASE WHEN installed_version IS NOT NULL THEN ${installedNow?.toISOString() ?? null}::timestamptz END
    FROM fresh
    ON CONFLICT (account, instance_id, name, architecture) DO UPDATE SET
      installed_version = excluded.installed_version, available_version = excluded.available_version,
      state = excluded.state, reason = excluded.reason, compliance_level = excluded.compliance_level,
      classification = excluded.classification, severity = excluded.severity, detail = excluded.detail,
      installed_at = CASE WHEN old.installed_version = excluded.installed_version THEN old.installed_at
        ELSE excluded.installed_at END
    WHERE (old.installed_version, old.available_version, old.state, old.reason, old.compliance_level,
        old.classification, old.severity, old.detail)
      IS DISTINCT FROM (excluded.installed_version, excluded.available_version, excluded.state, excluded.reason,
        excluded.compliance_level, excluded.classification, excluded.severity, excluded.detail)`);
}
