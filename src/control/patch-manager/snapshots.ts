import { createHash, randomBytes } from 'node:crypto';
import { and, eq, gt, lt } from 'drizzle-orm';
import type { OperatingSystem, PatchBaseline } from '../../core/baselines/types.ts';
import type { Database } from '../../store/database.ts';
import { patchSnapshot, patchSnapshotLink } from '../../store/schema/patch.ts';
import { baselineForNode } from './baselines.ts';
import { type SnapshotFile, snapshotFile } from './snapshot-file.ts';

const HOUR = 3_600_000;
/** An id means the same baseline for so long; afterwards it freezes anew. */
export const SNAPSHOT_LIFE_MS = 72 * HOUR;
export const SNAPSHOT_LINK_LIFE_MS = 24 * HOUR;

/** All nodes of one account, patch group and operating system that name the same id share a snapshot. */
export interface SnapshotKey {
  readonly account: string;
  /** null: nodes in no group. */
  readonly patchGroup: string | null;
  readonly operatingSystem: OperatingSystem;
  /** A GUID. */
  readonly snapshotId: string;
}

/** A baseline as it was at a moment: whoever evaluates by it asks what was approved at `frozenAt`. */
export interface Snapshot {
  readonly baseline: PatchBaseline;
  readonly frozenAt: Date;
}

/**
 * The snapshot of an id, frozen at its first use from `override`, else from the baseline that applies then; what
 * changes later does not touch it for 72 hours. https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-aws-runpatchbaseline.html
 */
export async function patchSnapshotOf(
  db: Database,
  key: SnapshotKey,
  now: Date,
  override: PatchBaseline | null = null,
): Promise<Snapshot> {
  return db.transaction(async (tx) => {
    const found = await presentSnapshot(tx, key, now);
    if (found !== null) return found;
    const known = override === null ? await baselineForNode(tx, key.account, key) : null;
    const baseline = override ?? { ...known?.baseline, BaselineId: known?.id };
    const fresh = {
      ...columns(key),
      baseline: baseline as PatchBaseline,
      createdAt: known?.createdAt ?? null,
      modifiedAt: known?.modifiedAt ?? null,
      frozenAt: now,
    };
    await tx.delete(patchSnapshot).where(lt(patchSnapshot.frozenAt, new Date(now.getTime() - SNAPSHOT_LIFE_MS)));
    await tx.insert(patchSnapshot).values(fresh).onConflictDoNothing();
    // Another node may have been quicker: its snapshot holds.
    return (await presentSnapshot(tx, key, now)) ?? { baseline: fresh.baseline, frozenAt: now };
  });
}

/** The snapshot of an id that is frozen already, or null. */
export async function presentSnapshot(db: Database, key: SnapshotKey, now: Date): Promise<Snapshot | null> {
  const alive = gt(patchSnapshot.frozenAt, new Date(now.getTime() - SNAPSHOT_LIFE_MS));
  const [row] = await db
    .select()
    .from(patchSnapshot)
    .where(and(ofKey(key), alive));
  return row === undefined ? null : { baseline: row.baseline, frozenAt: row.frozenAt };
}

/** A new word by which the snapshot can be fetched for 24 hours without credentials; nobody can guess it. */
export async function issueSnapshotToken(db: Database, key: SnapshotKey, now: Date): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await db.delete(patchSnapshotLink).where(lt(patchSnapshotLink.expiresAt, now));
  await db.insert(patchSnapshotLink).values({
    ...columns(key),
    tokenHash: hashOf(token),
    expiresAt: new Date(now.getTime() + SNAPSHOT_LINK_LIFE_MS),
  });
  return token;
}

/**
 * The file behind `GET /snapshots/<token>`, to be written as JSON; null: no such word, or it is out of date. It may hold
 * the credentials of repositories, so it must not be cached or logged.
 */
export async function snapshotByToken(db: Database, token: string, now: Date): Promise<SnapshotFile | null> {
  if (!/^[\w-]{43}$/.test(token)) return null;
  const [row] = await db
    .select({ snapshot: patchSnapshot })
    .from(patchSnapshotLink)
    .innerJoin(
      patchSnapshot,
      and(
        eq(patchSnapshot.account, patchSnapshotLink.account),
        eq(patchSnapshot.patchGroup, patchSnapshotLink.patchGroup),
        eq(patchSnapshot.operatingSystem, patchSnapshotLink.operatingSystem),
        eq(patchSnapshot.snapshotId, patchSnapshotLink.snapshotId),
      ),
    )
    .where(and(eq(patchSnapshotLink.tokenHash, hashOf(token)), gt(patchSnapshotLink.expiresAt, now)));
  return row === undefined ? null : snapshotFile(row.snapshot);
}

function columns({ account, patchGroup, operatingSystem, snapshotId }: SnapshotKey) {
  return { account, patchGroup: patchGroup ?? '', operatingSystem, snapshotId: snapshotId.toLowerCase() };
}

function ofKey(key: SnapshotKey) {
  const { account, patchGroup, operatingSystem, snapshotId } = columns(key);
  return and(
    eq(patchSnapshot.account, account),
    eq(patchSnapshot.patchGroup, patchGroup),
    eq(patchSnapshot.operatingSystem, operatingSystem),
    eq(patchSnapshot.snapshotId, snapshotId),
  );
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
