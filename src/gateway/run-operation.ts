import { recordAudit } from '../control/audit/record.ts';
import { redact } from '../control/audit/redact.ts';
import type { Call, Operation } from '../control/call.ts';
import { AwsError } from '../core/aws-error.ts';
import type { Flush } from '../store/durable.ts';
import { withoutSensitive } from './model/redact.ts';
import { isRead, type Service } from './service.ts';

/** One operation that is about to run. */
export interface Planned {
  /** Waited for before a change is answered. */
  readonly flush: Flush;
  readonly service: Service;
  readonly name: string;
  readonly call: Call;
}

/**
 * Runs an operation. One that changes something runs in a transaction that holds its audit entry too: what is answered
 * is recorded, whenever the server dies. An operation that fails is rolled back and recorded on its own.
 */
export async function runOperation(planned: Planned, input: Record<string, unknown>): Promise<object> {
  const { service, name, call } = planned;
  const operation = service.operations[name] as Operation | undefined;
  if (operation === undefined) throw new Error(`${service.name} has no operation ${name}`);
  if (isRead(name)) return operation(call, input);
  if (service.long?.has(name)) {
    const recorded = async (): Promise<void> => {
      if (await recordCall(planned, input, 'begun')) await planned.flush();
    };
    return operation({ ...call, recorded }, input);
  }
  let recording = Promise.resolve(false);
  const output = await call.db.transaction(async (tx) => {
    const within = { ...call, db: tx };
    const output = await operation(within, input);
    recording = recordCall({ ...planned, call: within }, input, 'ok');
    recording.catch(() => {});
    // The entry is on its way: COMMIT follows it at once. Where the entry fails PostgreSQL rolls back, and so it is told below.
    await new Promise(setImmediate);
    return output;
  });
  if (await recording) await planned.flush();
  return output;
}

/** Records that a change was refused or failed. What an unknown caller tries is logged only: it must not fill the store. */
export async function recordFailure(planned: Planned, input: Record<string, unknown>, error: unknown): Promise<void> {
  if (planned.call.principal.accessKeyId === null) return;
  const isRecorded = await recordCall(planned, input, error instanceof AwsError ? error.code : 'InternalServerError');
  if (isRecorded) await planned.flush();
}

/** False where the call is none that is recorded. */
async function recordCall(
  { service, name, call }: Planned,
  input: Record<string, unknown>,
  result: string,
): Promise<boolean> {
  if (!isAudited(service, name, call)) return false;
  const shape = service.model.operations[name]?.input;
  await recordAudit(call.db, {
    account: call.account,
    at: call.now,
    principal: call.principal.arn,
    sourceIp: call.sourceIp,
    service: service.name,
    operation: name,
    requestId: call.requestId,
    input: redact(service.readInput === undefined ? withoutSensitive(service.model, shape, input) : input),
    result,
  });
  return true;
}

function isAudited(service: Service, name: string, { principal }: Call): boolean {
  const isReport = service.reports?.has(name) === true && principal.role === 'node';
  return !isRead(name) && !isReport;
}
