import { timingSafeEqual } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { node } from '../../store/schema/nodes.ts';
import type { Call } from '../call.ts';
import { actingNode } from './acting-node.ts';
import { checked, text } from './hidden-input.ts';
import { readPublicKey } from './public-keys.ts';

export interface NodeCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly TokenExpirationDate: Date;
}

/** Makes temporary credentials that can act for one node alone. */
export type IssueNodeCredentials = (db: Database, account: string, instanceId: string) => Promise<NodeCredentials>;

const TOKEN_REQUEST = z.object({ Fingerprint: text(128) });
const NEW_KEY = z.object({ NewPublicKey: text(4000), NewPublicKeyType: text(20) });

/**
 * RequestManagedInstanceRoleToken: temporary credentials for a node that has signed with its RSA key. The fingerprint
 * is of the hardware: a copy of the node's disk on another machine gets MachineFingerprintDoesNotMatch.
 */
export function roleTokens(issueNodeCredentials: IssueNodeCredentials) {
  return async (call: Call, input: object): Promise<NodeCredentials & { UpdateKeyPair: boolean }> => {
    const { Fingerprint } = checked(TOKEN_REQUEST, input);
    const instanceId = keySigner(call);
    const rows = await call.db
      .select({ fingerprint: node.fingerprint })
      .from(node)
      .where(and(eq(node.account, call.account), eq(node.instanceId, instanceId)));
    if (rows[0] === undefined) throw new AwsError('AccessDeniedException', `${instanceId} is not registered.`);
    if (!sameText(rows[0].fingerprint, Fingerprint))
      throw new AwsError('MachineFingerprintDoesNotMatch', 'The fingerprint is not that of the registered machine.');
    const credentials = await issueNodeCredentials(call.db, call.account, instanceId);
    return { ...credentials, UpdateKeyPair: false };
  };
}

/** The new key holds from the answer on; a repeat that is signed with the new key already changes nothing. */
export async function UpdateManagedInstancePublicKey(call: Call, input: object): Promise<object> {
  const { NewPublicKey, NewPublicKeyType } = checked(NEW_KEY, input);
  const instanceId = keySigner(call);
  const changed = await call.db
    .update(node)
    .set({ publicKey: readPublicKey(NewPublicKey, NewPublicKeyType) })
    .where(and(eq(node.account, call.account), eq(node.instanceId, instanceId)))
    .returning({ id: node.instanceId });
  if (changed.length === 0) throw new AwsError('AccessDeniedException', `${instanceId} is not registered.`);
  return {};
}

/** Stolen temporary credentials must not be enough to renew themselves or to change the key. */
function keySigner(call: Call): string {
  const instanceId = actingNode(call);
  if (call.principal.accessKeyId !== instanceId)
    throw new AwsError('AccessDeniedException', 'This call must be signed with the key of the node.');
  return instanceId;
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
