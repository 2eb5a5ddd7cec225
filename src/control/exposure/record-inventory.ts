import { createHash } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import type { Inventory } from '../../core/compliance/inventory.ts';
import type { Database } from '../../store/database.ts';
import { nodeInventory, packageSet } from '../../store/schema/package-inventory.ts';
import { storable } from '../patch-manager/storable.ts';
import { packageStorer, type StoredPackage } from './stored-package.ts';

const stored = packageStorer();
/** Taken shared by whoever refers to versions and sets, and alone by what clears away those that nobody has. */
const LOCK = sql`hashtextextended('package inventory', 0)`;

/**
 * Makes an inventory the node's stored one, within the transaction that records the operation it came from. Where the
 * node has what it had, one small row is written; where another node has the same, that and nothing more.
 */
export async function recordInventory(
  tx: Database,
  found: {
    readonly account: string;
    readonly instanceId: string;
    readonly inventory: Pick<Inventory, 'target' | 'packages' | 'updates'>;
    readonly gatheredAt: Date;
  },
): Promise<void> {
  const { account, instanceId, gatheredAt } = found;
  const { os, architecture } = found.inventory.target;
  const ecosystem = storable(os.ecosystem).slice(0, 300);
  await tx.execute(sql`SELECT pg_advisory_xact_lock_shared(${LOCK})`);
  const packages = await setOf(tx, account, ecosystem, found.inventory.packages);
  const updates = await setOf(tx, account, ecosystem, found.inventory.updates);
  const row = {
    account,
    instanceId,
    ecosystem,
    product: storable(os.product),
    codename: storable(os.codename),
    architecture: storable(architecture),
    gatheredAt,
    packageSet: packages,
    updateSet: updates,
  };
  await tx
    .insert(nodeInventory)
    .values(row)
    .onConflictDoUpdate({ target: [nodeInventory.account, nodeInventory.instanceId], set: row });
}

/** When a node goes, what it had goes with it; sets and versions that no other has are cleared away later. */
export async function dropStoredInventory(db: Database, account: string, instanceId: string): Promise<void> {
  await db
    .delete(nodeInventory)
    .where(and(eq(nodeInventory.account, account), eq(nodeInventory.instanceId, instanceId)));
}

/** Clears away sets that no node has, and versions that are in no set. Answers how many of each. */
export async function forgetUnusedPackages(db: Database): Promise<{ sets: number; versions: number }> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(${LOCK})`);
    const sets = await tx.execute(sql`
      DELETE FROM package_set one WHERE NOT EXISTS (SELECT FROM node_inventory WHERE package_set = one.id)
        AND NOT EXISTS (SELECT FROM node_inventory WHERE update_set = one.id)`);
    // Nothing became unused where no set went: versions come and go with sets alone.
    if (sets.rowCount === 0) return { sets: 0, versions: 0 };
    const versions = await tx.execute(sql`
      WITH used AS MATERIALIZED (SELECT DISTINCT unnest(packages) AS id FROM package_set)
      DELETE FROM package_version one WHERE NOT EXISTS (SELECT FROM used WHERE used.id = one.id)`);
    return { sets: sets.rowCount ?? 0, versions: versions.rowCount ?? 0 };
  });
}

type Reported = Parameters<typeof stored>[1];

/** The id of the set of these packages, made where it is not there yet. */
async function setOf(tx: Database, account: string, ecosystem: string, reported: readonly Reported[]): Promise<number> {
  const rows = new Map<string, StoredPackage>();
  for (const one of reported) {
    const row = stored(ecosystem, one);
    rows.set(row.hash, row);
  }
  // In one order everywhere, so that two nodes with the same new versions wait for each other and do not lock each other out.
  const hashes = [...rows.keys()].sort();
  const hash = createHash('sha256').update(hashes.join('\n')).digest();
  const known = await findSet(tx, account, hash);
  if (known !== undefined) return known;
  const sorted = hashes.flatMap((one) => rows.get(one) ?? []);
  const packages = await versionIds(tx, account, ecosystem, sorted);
  const [made] = await tx
    .insert(packageSet)
    .values({ account, hash, packages })
    .onConflictDoNothing()
    .returning({ id: packageSet.id });
  const id = made?.id ?? (await findSet(tx, account, hash));
  if (id === undefined) throw new Error('a package set is neither new nor there');
  return id;
}

async function findSet(tx: Database, account: string, hash: Buffer): Promise<number | undefined> {
  const [found] = await tx
    .select({ id: packageSet.id })
    .from(packageSet)
    .where(and(eq(packageSet.account, account), eq(packageSet.hash, hash)));
  return found?.id;
}

/** Ascending ids of the versions, which are made where they are not there yet. */
async function versionIds(
  tx: Database,
  account: string,
  ecosystem: string,
  rows: readonly StoredPackage[],
): Promise<number[]> {
  const hashes = rows.map(({ hash }) => hash);
  const ids = new Map<string, number>();
  const look = async () => {
    const { rows: found } = await tx.execute<{ id: number; hash: string }>(sql`
      SELECT id, encode(hash, 'hex') AS hash FROM package_version WHERE account = ${account}
        AND hash = ANY (SELECT decode(one, 'hex') FROM unnest(${sql.param(hashes)}::text[]) one)`);
    for (const one of found) ids.set(one.hash, one.id);
  };
  await look();
  const fresh = rows.filter(({ hash }) => !ids.has(hash));
  if (fresh.length > 0) {
    await tx.execute(sql`
      INSERT INTO package_version (account, ecosystem, name, architecture, version, source, source_version,
        version_key, source_key, hash)
      SELECT ${account}, ${ecosystem}, name, architecture, version, source, "sourceVersion", "versionKey", "sourceKey",
        decode(hash, 'hex')
      FROM json_to_recordset(${JSON.stringify(fresh)}::json) AS row (name text, architecture text, version text,
        source text, "sourceVersion" text, "versionKey" text, "sourceKey" text, hash text)
      ON CONFLICT (account, hash) DO NOTHING`);
    await look();
  }
  return [...ids.values()].sort((a, b) => a - b);
}
