import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { faultMessage } from '../../../core/fault-message.ts';
import type { Database } from '../../../store/database.ts';
import { recordAudit } from '../../audit/record.ts';
import { redact } from '../../audit/redact.ts';
import type { Call } from '../../call.ts';
import { stateMachineArn } from '../../state-machines/arns.ts';
import { shippedName } from '../../state-machines/shipped.ts';
import { type BakePowers, startBake } from '../flow/start-bake.ts';
import { type Decision, decide, type TriggerNeeds } from './decide.ts';
import { noteOutcome, stampFiring, type TriggerRow, triggersToLookAt } from './rows.ts';

export interface EvaluateNeeds extends TriggerNeeds, BakePowers {
  readonly db: Database;
  readonly now: () => Date;
}

const BASE_EVERY_MS = 3_600_000;
const EVERY_MS = 50_000;

/**
 * Looks at every trigger whose turn it is. A bake starts in the transaction that stamps its firing, so however many
 * servers look and whenever one of them dies, none starts twice and none is lost.
 */
export async function evaluateTriggers(needs: EvaluateNeeds): Promise<void> {
  const now = needs.now();
  for (const row of await triggersToLookAt(needs.db, new Date(now.getTime() - EVERY_MS))) {
    // The archive is asked for a base: not every minute.
    const isEarly = row.lookedAt !== null && now.getTime() - row.lookedAt.getTime() < BASE_EVERY_MS;
    if (row.condition.Kind === 'base' && isEarly) continue;
    await lookAt(needs, row, now);
  }
}

async function lookAt(needs: EvaluateNeeds, row: TriggerRow, now: Date): Promise<void> {
  const { db } = needs;
  try {
    const going = await runningExecution(db, row);
    const decision: Decision =
      going === null
        ? await decide(callOf(row, db, now), row, needs)
        : { fires: false, why: `it waits for ${going}, which it has started` };
    if (!decision.fires) return await noteOutcome(db, row, { at: now, outcome: decision.why });
    await fire(needs, row, decision, now);
  } catch (error) {
    // One that cannot be looked at holds no other up; where the store is away, this throws as well.
    const why = faultMessage(error);
    await noteOutcome(db, row, { at: now, outcome: `it could not start a bake: ${why}` });
  }
}

async function fire(
  needs: EvaluateNeeds,
  row: TriggerRow,
  { slot, why, request }: Extract<Decision, { fires: true }>,
  now: Date,
): Promise<void> {
  const name = `${row.family.slice(0, 40)}-${row.id}-${createHash('sha256').update(slot).digest('hex').slice(0, 12)}`;
  const execution = stateMachineArn(row, shippedName('bake-golden-image'))
    .replace(':stateMachine:', ':execution:')
    .concat(':', name);
  await needs.db.transaction(async (tx) => {
    const call = callOf(row, tx, now);
    if (!(await stampFiring(tx, row, { slot, at: now, execution }))) {
      await noteOutcome(tx, row, { at: now, outcome: `it has fired for this today: ${why}` });
      return;
    }
    await startBake(call, request, needs, name);
    await noteOutcome(tx, row, { at: now, outcome: `it started ${name}: ${why}`, execution });
    await recordAudit(tx, {
      ...{ account: row.account, at: now, principal: call.principal.arn, sourceIp: call.sourceIp },
      ...{ service: 'kintsugi', operation: 'StartImageBake', requestId: call.requestId, result: 'ok' },
      input: redact({ Trigger: row.id, Family: row.family, Name: name, Why: why }),
    });
  });
}

/** A trigger acts as an operator, in its own name. */
function callOf({ account, region, id }: TriggerRow, db: Database, now: Date): Call {
  const arn = `arn:aws:sts::${account}:assumed-role/image-trigger/${id}`;
  const principal = { account, role: 'operator', accessKeyId: 'image-trigger', instanceId: null, arn } as const;
  return { account, region, principal, requestId: randomUUID(), sourceIp: '127.0.0.1', now, db };
}

async function runningExecution(db: Database, { execution }: TriggerRow): Promise<string | null> {
  if (execution === null) return null;
  const { rows } = await db.execute<{ name: string }>(
    sql`SELECT name FROM execution WHERE arn = ${execution} AND status = 'RUNNING'`,
  );
  return rows[0]?.name ?? null;
}
