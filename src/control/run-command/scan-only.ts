import { and, eq, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { type CommandRow, invocation } from '../../store/schema/commands.ts';
import { message } from '../../store/schema/messages.ts';
import { node } from '../../store/schema/nodes.ts';
import { endWaiting } from './hand-out.ts';
import { endInvocation } from './settle.ts';

/** AWS's word for a node that a command may not act on; it does not count against MaxErrors, so the others go on. */
const REFUSED = { status: 'Failed', statusDetails: 'AccessDenied' } as const;

/**
 * True for what a scan-only node takes: a scan and the gathering of inventory, led by this server. Everything else is
 * refused, known or not: what a document's steps do cannot be told from its text.
 */
export function onlyLooks({ orchestration, parameters }: Pick<CommandRow, 'orchestration' | 'parameters'>): boolean {
  if (orchestration === 'inventory') return true;
  const { Operation } = parameters;
  return orchestration === 'patch-baseline' && Operation?.length === 1 && Operation[0] === 'Scan';
}

/** What an operator reads of a command that was refused. */
export function scanOnlyRefusal(documentName: string): string {
  return `${documentName} was not sent: this node is scan-only. It takes AWS-RunPatchBaseline with Operation=Scan and AWS-GatherSoftwareInventory; \`kintsugi up --allow-patching\` on its machine allows the rest.`;
}

/**
 * Ends the parts of a command that scan-only nodes may not get: those that wait, and those whose message its node has
 * not taken. What a node has begun goes on to its end, and is told. The caller holds the command's row.
 */
export async function refuseScanOnly(tx: Database, command: CommandRow, now: Date): Promise<void> {
  if (onlyLooks(command)) return;
  const limited = await tx
    .select({ id: node.instanceId })
    .from(node)
    .where(and(eq(node.account, command.account), node.scanOnly));
  if (limited.length === 0) return;
  const ids = limited.map(({ id }) => id);
  const trace = scanOnlyRefusal(command.documentName);
  const isLimited = sql`${invocation.instanceId} = ANY(${sql.param(ids)}::text[])`;
  await endWaiting(tx, command, { ...REFUSED, trace }, now, isLimited);
  // A procedure that the server leads is refused by `lead.ts`, which knows what it has sent.
  const active = await tx
    .select()
    .from(invocation)
    .where(
      and(
        eq(invocation.account, command.account),
        eq(invocation.commandId, command.commandId),
        eq(invocation.stage, 'active'),
        eq(invocation.isOrchestrated, false),
        isLimited,
      ),
    );
  for (const row of active) {
    const sent = await messagesOf(tx, command, row.instanceId);
    if (sent.some(({ startedAt, endedAt }) => startedAt !== null || endedAt !== null)) continue;
    const given = sent.some(({ deliveries }) => deliveries > 0);
    const doubt = ' It had been given to the node, which has not said that it took it: see there whether it ran.';
    await endInvocation(tx, row, REFUSED, given ? trace + doubt : trace, now);
  }
}

function messagesOf(tx: Database, { account, commandId }: CommandRow, instanceId: string) {
  return tx
    .select({ startedAt: message.startedAt, endedAt: message.endedAt, deliveries: message.deliveries })
    .from(message)
    .where(
      and(
        eq(message.account, account),
        eq(message.commandId, commandId),
        eq(message.instanceId, instanceId),
        eq(message.kind, 'send'),
      ),
    )
    .for('update');
}
