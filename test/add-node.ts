import type { Database } from '../src/store/database.ts';
import { node } from '../src/store/schema/nodes.ts';

export const NODE_TIME = new Date('2026-01-01T00:00:00Z');

/** A registered Debian node that was heard of at NODE_TIME; its id is made of the account and the number. */
export async function addNode(
  db: Database,
  account: string,
  number: number,
  more: Partial<typeof node.$inferInsert> = {},
): Promise<string> {
  const instanceId = nodeId(account, number);
  const fixed = { activationId: 'a', iamRole: 'r', fingerprint: 'f', publicKey: Buffer.of(1), registeredAt: NODE_TIME };
  const told = { platformType: 'Linux', platformName: 'Debian GNU/Linux', platformVersion: '12' };
  await db.insert(node).values({ account, instanceId, ...fixed, lastPingAt: NODE_TIME, ...told, ...more });
  return instanceId;
}

export function nodeId(account: string, number: number): string {
  return `mi-${account.padStart(5, '0').slice(-5)}${String(number).padStart(12, '0')}`;
}
