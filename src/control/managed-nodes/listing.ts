import { and, asc, eq, type SQL, sql } from 'drizzle-orm';
import { type NodeRow, node } from '../../store/schema/nodes.ts';
import type { Call } from '../call.ts';
import { type Page, type PageRequest, page } from '../paging.ts';

/** Milliseconds since the epoch: a number that a page token holds without loss. */
const registeredMs = sql<number>`(extract(epoch FROM ${node.registeredAt}) * 1000)::bigint`.mapWith(Number);

/** The account's nodes that meet all conditions, the longest registered first, by pages. */
export async function pageOfNodes(
  call: Call,
  request: PageRequest,
  list: string,
  conditions: readonly SQL[],
): Promise<Page<NodeRow>> {
  const paging = { list, size: 50, keyOf: ({ at, row }: { at: number; row: NodeRow }) => [at, row.instanceId] };
  const { items, ...rest } = await page(call, request, paging, async (after, limit) =>
    call.db
      .select({ at: registeredMs, row: node })
      .from(node)
      .where(
        and(
          eq(node.account, call.account),
          ...conditions,
          after === null ? undefined : sql`(${registeredMs}, ${node.instanceId}) > (${after[0]}::bigint, ${after[1]})`,
        ),
      )
      .orderBy(asc(registeredMs), asc(node.instanceId))
      .limit(limit),
  );
  return { items: items.map(({ row }) => row), ...rest };
}
