import type { MessageRow } from '../../store/schema/messages.ts';

/** Steps that the agent has counted may still be on their way: what could not be sent is sent again every 5 minutes. */
const STRAGGLERS_MS = 6 * 60_000;
/** How long a node has to say that it stopped; one that has the command but has not begun it never says so. */
const CANCEL_MS = 5 * 60_000;
/** A node that does not fetch its message in this time is taken for away, and lets another one go first. */
const FETCH_MS = 60_000;
/** Ends of the agent's own time-outs come first, and need a little to get here. */
const GRACE_MS = 60_000;

export type Verdict =
  | { readonly kind: 'goes-on'; readonly hasStarted: boolean; readonly lookAgainAt: Date }
  /** The message has not been fetched: it is taken back, and the node waits its turn again. */
  | { readonly kind: 'take-back' }
  | { readonly kind: 'ended'; readonly status: string; readonly statusDetails: string };

export type JudgedMessage = Pick<
  MessageRow,
  'createdAt' | 'deliverBy' | 'executionSeconds' | 'deliveries' | 'startedAt' | 'toldAt' | 'toldOutcome' | 'outcome'
>;

/** What the message of an invocation means for it at `now`. */
export function judgeMessage(message: JudgedMessage, cancelRequestedAt: Date | null, now: Date): Verdict {
  if (message.outcome !== null) return ended(message.outcome);
  const after = (from: Date, ms: number) => new Date(from.getTime() + ms);
  const { startedAt, toldAt, toldOutcome } = message;
  const deadlines: Date[] = [];
  if (toldAt !== null && toldOutcome !== null) {
    deadlines.push(after(toldAt, STRAGGLERS_MS));
    if (after(toldAt, STRAGGLERS_MS) <= now) return ended(toldOutcome);
  }
  if (cancelRequestedAt !== null) {
    deadlines.push(after(cancelRequestedAt, CANCEL_MS));
    if (after(cancelRequestedAt, CANCEL_MS) <= now) return ended('Cancelled');
  }
  if (startedAt === null) {
    if (message.deliverBy <= now) return { kind: 'ended', status: 'TimedOut', statusDetails: 'DeliveryTimedOut' };
    deadlines.push(message.deliverBy);
    const fetchBy = after(message.createdAt, FETCH_MS);
    if (message.deliveries === 0 && fetchBy <= now) return { kind: 'take-back' };
    if (message.deliveries === 0) deadlines.push(fetchBy);
  } else {
    const endBy = after(startedAt, message.executionSeconds * 1000 + GRACE_MS);
    if (endBy <= now) return ended('TimedOut');
    deadlines.push(endBy);
  }
  const lookAgainAt = new Date(Math.min(...deadlines.map((at) => at.getTime())));
  return { kind: 'goes-on', hasStarted: startedAt !== null, lookAgainAt };
}

const DETAILS: Readonly<Record<string, string>> = { TimedOut: 'ExecutionTimedOut' };

function ended(outcome: string): Verdict {
  const status = outcome === 'Withdrawn' ? 'Cancelled' : outcome;
  return { kind: 'ended', status, statusDetails: DETAILS[status] ?? status };
}
