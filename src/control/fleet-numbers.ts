import { sql } from 'drizzle-orm';
import type { ComplianceStatus } from '../core/compliance/types.ts';
import type { Database } from '../store/database.ts';
import { INACTIVE_MS, ONLINE_MS } from './managed-nodes/ping-status.ts';
import { STALE_MS } from './patch-manager/patch-status.ts';

/** What an operator's dashboard shows of all nodes and commands of a store. Ages in seconds; null where there is none. */
export interface FleetNumbers {
  readonly nodes: Readonly<Record<'Online' | 'ConnectionLost' | 'Inactive', number>>;
  /** A node that was never looked at is UNKNOWN. */
  readonly patchCompliance: Readonly<Record<ComplianceStatus, number>>;
  readonly unfinishedCommands: Readonly<Record<'Pending' | 'InProgress' | 'Cancelling', number>>;
  readonly oldestUnfinishedCommandAge: number | null;
  /** Of the last scans or installs of the nodes, the one that is longest ago. */
  readonly oldestScanAge: number | null;
  readonly neverScanned: number;
}

/** Two passes over narrow rows: some milliseconds for 10,000 nodes. */
export async function fleetNumbers(db: Database, now: Date): Promise<FleetNumbers> {
  const ago = (milliseconds: number) => sql`${new Date(now.getTime() - milliseconds).toISOString()}::timestamptz`;
  const at = ago(0);
  const [ofNodes, ofCommands] = await Promise.all([
    db.execute<Record<string, number | null>>(sql`
      SELECT
        count(*) FILTER (WHERE n.last_ping_at >= ${ago(ONLINE_MS)})::int AS online,
        count(*) FILTER (WHERE n.last_ping_at < ${ago(ONLINE_MS)} AND n.last_ping_at >= ${ago(INACTIVE_MS)})::int AS lost,
        count(*)::int AS nodes,
        count(*) FILTER (WHERE s.ended_at >= ${ago(STALE_MS)} AND s.status = 'COMPLIANT')::int AS compliant,
        count(*) FILTER (WHERE s.ended_at >= ${ago(STALE_MS)} AND s.status = 'NON_COMPLIANT')::int AS non_compliant,
        count(*) FILTER (WHERE s.ended_at IS NULL)::int AS never,
        extract(epoch FROM ${at} - min(s.ended_at))::float8 AS oldest
      FROM node n LEFT JOIN patch_state s USING (account, instance_id)`),
    db.execute<Record<string, number | null>>(sql`
      SELECT
        count(*) FILTER (WHERE status = 'Pending')::int AS pending,
        count(*) FILTER (WHERE status = 'InProgress')::int AS in_progress,
        count(*) FILTER (WHERE status = 'Cancelling')::int AS cancelling,
        extract(epoch FROM ${at} - min(requested_at))::float8 AS oldest
      FROM command WHERE completed_at IS NULL`),
  ]);
  const count = (row: Record<string, number | null> | undefined, name: string) => row?.[name] ?? 0;
  const [node] = ofNodes.rows;
  const [command] = ofCommands.rows;
  const all = count(node, 'nodes');
  const [online, lost] = [count(node, 'online'), count(node, 'lost')];
  const [compliant, nonCompliant] = [count(node, 'compliant'), count(node, 'non_compliant')];
  return {
    nodes: { Online: online, ConnectionLost: lost, Inactive: all - online - lost },
    patchCompliance: { COMPLIANT: compliant, NON_COMPLIANT: nonCompliant, UNKNOWN: all - compliant - nonCompliant },
    unfinishedCommands: {
      Pending: count(command, 'pending'),
      InProgress: count(command, 'in_progress'),
      Cancelling: count(command, 'cancelling'),
    },
    oldestUnfinishedCommandAge: command?.oldest ?? null,
    oldestScanAge: node?.oldest ?? null,
    neverScanned: count(node, 'never'),
  };
}
