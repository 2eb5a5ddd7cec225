import { timingSafeEqual } from 'node:crypto';
import { type FoundKey, hashOfToken } from '../control/access-keys/access-keys.ts';
import type { Principal } from '../control/call.ts';
import { AwsError } from '../core/aws-error.ts';
import { type Claim, readClaim } from './sigv4/authorization.ts';
import type { SignedHead } from './sigv4/canonical.ts';
import { checkNodeSignature, checkSignature } from './sigv4/verify.ts';

/** Where the gateway looks up what a signature is checked with. */
export interface Keys {
  find(accessKeyId: string): Promise<FoundKey | null>;
  /** The keys that a registered node may sign with (DER SubjectPublicKeyInfo); null for a node that is not there. */
  ofNode(instanceId: string): Promise<{ account: string; publicKeys: readonly Buffer[] } | null>;
}

export interface Authenticated {
  readonly principal: Principal;
  readonly body: Buffer;
}

/**
 * Who signed the request. The body is read only once its signer is known to exist. Throws AwsError with the codes of
 * `readClaim` and UnrecognizedClientException, ExpiredTokenException.
 */
export async function authenticate(
  keys: Keys,
  head: SignedHead,
  expected: { service: string; now: Date },
  readBody: () => Promise<Buffer>,
): Promise<Authenticated> {
  const claim = readClaim(head, expected.service, expected.now);
  if (claim.accessKeyId.startsWith('mi-')) return authenticateNode(keys, head, claim, readBody);
  const key = await keys.find(claim.accessKeyId);
  if (key === null || !hasToken(key, claim.sessionToken)) throw unrecognized();
  if (key.expiresAt !== null && key.expiresAt <= expected.now) {
    throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired');
  }
  const body = await readBody();
  checkSignature({ ...head, body }, claim, key.secret);
  return { principal: principalOf(key), body };
}

async function authenticateNode(
  keys: Keys,
  head: SignedHead,
  claim: Claim,
  readBody: () => Promise<Buffer>,
): Promise<Authenticated> {
  const instanceId = claim.accessKeyId;
  const node = await keys.ofNode(instanceId);
  if (node === null) throw unrecognized();
  const body = await readBody();
  checkNodeSignature({ ...head, body }, claim, node.publicKeys);
  const arn = nodeArn(node.account, instanceId);
  return { principal: { account: node.account, role: 'node', accessKeyId: instanceId, instanceId, arn }, body };
}

function hasToken(key: FoundKey, token: string | undefined): boolean {
  if (key.sessionTokenHash === null || token === undefined) return key.sessionTokenHash === null && token === undefined;
  return timingSafeEqual(hashOfToken(token), key.sessionTokenHash);
}

function principalOf({ account, role, accessKeyId, instanceId }: FoundKey): Principal {
  const arn =
    instanceId === null ? `arn:aws:iam::${account}:user/${role}/${accessKeyId}` : nodeArn(account, instanceId);
  return { account, role, accessKeyId, instanceId, arn };
}

function nodeArn(account: string, instanceId: string): string {
  return `arn:aws:sts::${account}:assumed-role/KintsugiManagedNode/${instanceId}`;
}

function unrecognized(): AwsError {
  return new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
}
