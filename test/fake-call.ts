import type { Call, Operation, Operations } from '../src/control/call.ts';
import type { Database } from '../src/store/database.ts';

const NOBODY = 'arn:aws:iam::000000000000:user/test';

/** A call of an administrator as the gateway would make it; only what the test is about needs to be given. */
export function fakeCall(db: Database, given: Partial<Call> = {}): Call {
  const account = given.account ?? '000000000000';
  const principal = { account, role: 'admin', accessKeyId: 'AKIATEST', instanceId: null, arn: NOBODY } as const;
  const fixed = {
    region: 'us-east-1',
    requestId: 'test',
    sourceIp: '127.0.0.1',
    now: new Date('2026-01-01T00:00:00Z'),
  };
  return { account, principal, ...fixed, db, ...given };
}

/** Calls an operation by its name, with the input as it is: a test may well send what the types forbid. */
export async function invoke<Output = Record<string, unknown>>(
  operations: Operations,
  name: string,
  call: Call,
  input: object,
): Promise<Output> {
  const operation = operations[name] as Operation<object> | undefined;
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return (await operation(call, input)) as Output;
}
