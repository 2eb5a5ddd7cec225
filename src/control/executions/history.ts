import { and, desc, eq, sql } from 'drizzle-orm';
import { executionEvent } from '../../store/schema/executions.ts';
import type { PageKey } from '../paging.ts';
import { unpackAll } from './payloads.ts';
import type { UseCase } from './start.ts';

/** Characters of details in one page: one more event is not begun beyond it, whatever MaxResults says. */
const MOST_PAGE = 4 * 1024 * 1024;
/** Events that are read together: with the largest payloads some ten megabytes. */
const READ = 20;

interface ReadInput {
  readonly executionArn: string;
  readonly reverseOrder?: boolean;
  readonly includeExecutionData?: boolean;
}

export interface ReadEvent {
  readonly id: number;
  readonly event: Record<string, unknown>;
  readonly size: number;
}

/** At most `limit` events after one, and no more than a little over a page. */
export async function readEvents(
  call: UseCase,
  input: ReadInput,
  after: PageKey | null,
  limit: number,
): Promise<ReadEvent[]> {
  const all: ReadEvent[] = [];
  let from = after;
  while (all.length < limit && fitting(all) === all.length) {
    const some = await read(call, input, from, Math.min(READ, limit - all.length));
    all.push(...some);
    const last = some.at(-1);
    if (last === undefined) break;
    from = [last.id];
  }
  return all;
}

/** How many of these one page holds: one at the least. */
export function fitting(rows: readonly ReadEvent[]): number {
  let size = 0;
  const end = rows.findIndex((one, index) => {
    size += one.size;
    return index > 0 && size > MOST_PAGE;
  });
  return end < 0 ? rows.length : end;
}

async function read(
  { db }: UseCase,
  { executionArn, reverseOrder = false, includeExecutionData = true }: ReadInput,
  after: PageKey | null,
  limit: number,
): Promise<ReadEvent[]> {
  const { id, execution } = executionEvent;
  const isAfter = after === null ? undefined : reverseOrder ? sql`${id} < ${after[0]}` : sql`${id} > ${after[0]}`;
  const rows = await db
    .select()
    .from(executionEvent)
    .where(and(eq(execution, executionArn), isAfter))
    .orderBy(reverseOrder ? desc(id) : id)
    .limit(limit);
  const texts = rows.map(({ details }) => {
    const text = details ?? 'null';
    // What is not shown is not read.
    return includeExecutionData ? text : JSON.stringify(withoutData(JSON.parse(text)));
  });
  const details = await unpackAll<Record<string, unknown> | null>(db, executionArn, texts);
  return rows.map((row, index) => {
    const shown = details[index] ?? null;
    const { at: timestamp, type, id, previous: previousEventId, member } = row;
    const event = { timestamp, type, id, previousEventId, ...(member === null ? {} : { [member]: shown }) };
    return { id, event, size: sizeOf(shown) };
  });
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.entries(value).reduce((sum, [key, one]) => sum + key.length + sizeOf(one), 0);
}

const DATA = [
  'input',
  'inputDetails',
  'output',
  'outputDetails',
  'parameters',
  'assignedVariables',
  'assignedVariablesDetails',
];

function withoutData(details: Record<string, unknown> | null): Record<string, unknown> | null {
  if (details === null) return null;
  return Object.fromEntries(Object.entries(details).filter(([key]) => !DATA.includes(key)));
}
