import { constants, createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** A request as it came in, for the server's half of Signature Version 4. */
export interface SignedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Claim {
  readonly id: string;
  readonly scope: readonly string[];
  readonly signature: string;
  readonly stringToSign: string;
}

const FORM = /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/([^,]+), SignedHeaders=([^,]+), Signature=(\S+)$/;
const NEEDED = ['content-type', 'host', 'x-amz-date', 'x-amz-target'];
const MOST_SKEW_MS = 5 * 60_000;

/** What is wrong with a request that temporary keys should have signed; null when nothing is. */
export function verifyKeys(
  request: SignedRequest,
  keys: { readonly id: string; readonly secret: string; readonly token: string } | null,
  now: Date,
): string | null {
  const claim = readClaim(request, now);
  if (typeof claim === 'string') return claim;
  if (keys === null || claim.id !== keys.id) return `unknown access key ${claim.id}`;
  if (request.headers['x-amz-security-token'] !== keys.token) return 'another session token';
  let key: Buffer = Buffer.from(`AWS4${keys.secret}`);
  for (const part of claim.scope) key = createHmac('sha256', key).update(part).digest();
  const expected = createHmac('sha256', key).update(claim.stringToSign).digest('hex');
  return expected === claim.signature ? null : 'the signature does not match';
}

/** What is wrong with a request that the node's own key should have signed; null when nothing is. */
export function verifyNodeKey(request: SignedRequest, node: string, publicKey: string, now: Date): string | null {
  const claim = readClaim(request, now);
  if (typeof claim === 'string') return claim;
  if (claim.id !== node) return `unknown node ${claim.id}`;
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const signature = Buffer.from(claim.signature, 'base64');
  const isGood = verify('sha256', Buffer.from(claim.stringToSign), { key, ...padding }, signature);
  return isGood ? null : 'the signature does not match';
}

function readClaim({ headers, body }: SignedRequest, now: Date): Claim | string {
  const [, id, scope, signed, signature] = FORM.exec(headers.authorization ?? '') ?? [];
  if (id === undefined || scope === undefined || signed === undefined || signature === undefined) {
    return `not an authorization: ${headers.authorization}`;
  }
  const names = signed.split(';');
  const missing = NEEDED.find((name) => !names.includes(name));
  if (missing !== undefined) return `${missing} is not signed`;
  const date = String(headers['x-amz-date']);
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(at - now.getTime()) < MOST_SKEW_MS)) return `signed at ${date}`;
  if (!scope.startsWith(date.slice(0, 8))) return 'the scope is of another day';
  const service = String(headers['x-amz-target']).startsWith('AmazonSSM.') ? 'ssm' : 'ec2messages';
  if (scope.split('/')[2] !== service) return `the scope is not of ${service}`;
  const canonical = `POST\n/\n\n${names.map((name) => `${name}:${headers[name]}\n`).join('')}\n${signed}\n${sha256(body)}`;
  const stringToSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`;
  return { id, scope: scope.split('/'), signature, stringToSign };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
