import { sql } from 'drizzle-orm';
import { EVIDENCE_STALE_AFTER_DAYS } from '../../core/compliance/summary.ts';
import type { Database } from '../../store/database.ts';

/** `gone`: nobody would go by it any more. */
export const INVENTORY_AGES = ['FRESH', 'STALE', 'GONE'] as const;
export type InventoryAge = (typeof INVENTORY_AGES)[number];

const DAY_MS = 86_400_000;
const STALE_AFTER_MS = EVIDENCE_STALE_AFTER_DAYS * DAY_MS;
const GONE_AFTER_MS = 30 * DAY_MS;

export function inventoryAge(gatheredAt: Date, now: Date): InventoryAge {
  const age = now.getTime() - gatheredAt.getTime();
  if (age <= STALE_AFTER_MS) return 'FRESH';
  return age <= GONE_AFTER_MS ? 'STALE' : 'GONE';
}

/** One managed node with what is stored of it. */
export interface FleetNode {
  readonly instanceId: string;
  readonly name: string | null;
  /** null: no scan of it has ever succeeded. */
  readonly inventory: NodeInventory | null;
  /** Why its last scan cannot be relied on; null: it can. */
  readonly unknown: string | null;
}

export interface NodeInventory {
  readonly ecosystem: string;
  readonly product: string;
  readonly codename: string;
  readonly architecture: string;
  readonly gatheredAt: Date;
  readonly packageSet: number;
  readonly updateSet: number;
}

type Row = { instanceId: string; name: string | null; reason: string | null; gatheredAt: string | null } & Omit<
  NodeInventory,
  'gatheredAt'
>;

/** Every managed node of the account, by id: those that were never scanned too, which is the point. */
export async function fleetOf(db: Database, account: string): Promise<FleetNode[]> {
  const { rows } = await db.execute<Row>(sql`
    SELECT one.instance_id AS "instanceId", one.name, had.ecosystem, had.product, had.codename, had.architecture,
      extract(epoch FROM had.gathered_at)::text AS "gatheredAt", had.package_set AS "packageSet",
      had.update_set AS "updateSet",
      CASE WHEN last.status = 'UNKNOWN' THEN coalesce(last.status_reasons->>0, '') END AS reason
    FROM node one
    LEFT JOIN node_inventory had ON had.account = one.account AND had.instance_id = one.instance_id
    LEFT JOIN patch_state last ON last.account = one.account AND last.instance_id = one.instance_id
    WHERE one.account = ${account}
    ORDER BY one.instance_id COLLATE "C"`);
  return rows.map(({ instanceId, name, reason, gatheredAt, ...had }) => ({
    instanceId,
    name,
    unknown: reason,
    inventory: gatheredAt === null ? null : { ...had, gatheredAt: new Date(Number(gatheredAt) * 1000) },
  }));
}

/** Architectures that machines of a product have, of every account; those of most nodes first. */
export async function nodeArchitectures(db: Database, product: string): Promise<string[]> {
  const { rows } = await db.execute<{ architecture: string }>(sql`
    SELECT architecture FROM node_inventory WHERE product = ${product}
    GROUP BY architecture ORDER BY count(*) DESC, architecture LIMIT 8`);
  return rows.map(({ architecture }) => architecture);
}
