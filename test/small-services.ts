import { sql } from 'drizzle-orm';
import type { Call, Operations } from '../src/control/call.ts';
import { AwsError } from '../src/core/aws-error.ts';
import { loadModel } from '../src/gateway/model/load.ts';
import type { Service } from '../src/gateway/service.ts';

export const NODE = 'mi-0123456789abcdef0';
/** A baseline that is there; ids with `pb-0` are not. */
export const FOUND = 'pb-11111111111111111';

/** Operations of AWS's names and shapes, as small as can be: what is tested is the way to them and back. */
const operations: Operations = {
  CreatePatchBaseline: async ({ db }: Call, { Name }: { Name: string }) => {
    await db.execute(sql`CREATE TABLE IF NOT EXISTS kept (name text PRIMARY KEY)`);
    await db.execute(sql`INSERT INTO kept VALUES (${Name})`);
    if (Name === 'refused') throw new AwsError('ResourceLimitExceededException', 'Too many baselines.');
    if (Name === 'broken') throw new Error('it broke');
    return { BaselineId: `pb-${Name}` };
  },
  GetPatchBaseline: async (_call: Call, { BaselineId }: { BaselineId: string }) => {
    if (BaselineId.startsWith('pb-0')) throw new AwsError('DoesNotExistException', 'There is none.');
    return { BaselineId, CreatedDate: new Date('2026-01-02T03:04:05.678Z'), Description: undefined, Sources: [] };
  },
  DeleteParameter: async () => {
    throw new AwsError('ParameterNotFound', 'Parameter not found.');
  },
  UpdateInstanceInformation: async () => ({}),
  PutInventory: async (_call: Call, { Items }: { Items: unknown[] }) => ({ Message: String(Items.length) }),
  RegisterManagedInstance: async () => ({ InstanceId: NODE }),
};

/** What has become of the long polls. */
export const polls = { begun: 0, aborted: 0 };

const messages: Operations = {
  GetMessages: async ({ signal }: Call) => {
    polls.begun += 1;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 20_000);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        polls.aborted += 1;
        resolve();
      });
    });
    return { Messages: [] };
  },
};

export const smallServices: readonly Service[] = [
  {
    name: 'ssm',
    targetPrefix: 'AmazonSSM',
    jsonVersion: '1.1',
    model: loadModel('ssm', 'node'),
    operations,
    anonymous: new Set(['RegisterManagedInstance']),
    reports: new Set(['UpdateInstanceInformation']),
    bodyLimits: { PutInventory: 11 * 1024 * 1024 },
  },
  {
    name: 'ec2messages',
    targetPrefix: 'EC2WindowsMessageDeliveryService',
    jsonVersion: '1.1',
    model: loadModel('ec2messages'),
    operations: messages,
    anonymous: new Set(),
  },
];
