import { randomUUID } from 'node:crypto';
import type { Call } from '../control/call.ts';
import type { Database } from '../store/database.ts';
import { flushOf } from '../store/durable.ts';
import { runOperation } from './run-operation.ts';
import type { Service } from './service.ts';

/** Calls of the server's own, such as the scan of its own machine: the operations and the audit log of everybody else. */
export interface Inside {
  readonly call: () => Call;
  /** An operation of Systems Manager. Throws AwsError. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are of every shape
  run(operation: string, input: Record<string, unknown>): Promise<any>;
}

/** The name of `kintsugi up` in the audit log. */
export function principalOfUp(account: string): string {
  return `arn:aws:iam::${account}:user/admin/kintsugi-up`;
}

export function insideOf(
  services: readonly Service[],
  { db, account, region }: { db: Database; account: string; region: string },
): Inside {
  const service = services.find(({ name }) => name === 'ssm');
  if (service === undefined) throw new Error('there is no service ssm');
  const flush = flushOf(db);
  const principal = {
    account,
    role: 'admin',
    accessKeyId: null,
    instanceId: null,
    arn: principalOfUp(account),
  } as const;
  const call = (): Call => {
    return { account, region, principal, requestId: randomUUID(), sourceIp: '127.0.0.1', now: new Date(), db };
  };
  return { call, run: (name, input) => runOperation({ service, name, call: call(), flush }, input) };
}
