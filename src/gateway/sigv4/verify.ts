import {
  constants,
  createHmac,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { AwsError } from '../../core/aws-error.ts';
import type { Claim } from './authorization.ts';
import { canonicalRequest, headerValue, type SignedRequest, sha256 } from './canonical.ts';

/** Refuses what was not signed with this secret, or was changed since, with InvalidSignatureException. */
export function checkSignature(request: SignedRequest, claim: Claim, secret: string): void {
  checkPayloadHash(request);
  const expected = hmac(signingKey(secret, claim.scope), stringToSign(request, claim)).toString('hex');
  if (!isSame(expected, claim.signature)) throw mismatch();
}

const MOST_KEYS = 1000;
const signingKeys = new Map<string, KeyObject>();

/** The same for every request of a day: kept, since deriving it is most of the work of a check. */
function signingKey(secret: string, scope: string): KeyObject {
  const name = `${scope} ${secret}`;
  const known = signingKeys.get(name);
  if (known !== undefined) return known;
  const parts = scope.split('/');
  const derived = parts.reduce<Buffer | string>((key, part) => hmac(key, part), `AWS4${secret}`);
  const key = createSecretKey(Buffer.from(derived));
  if (signingKeys.size >= MOST_KEYS) signingKeys.clear();
  signingKeys.set(name, key);
  return key;
}

/**
 * The form that a registered node signs with its own RSA key: the same string to sign, RSA-PSS with SHA-256 and a salt
 * of 32 bytes, base64. `publicKeys` are DER SubjectPublicKeyInfo; one that fits is enough.
 * https://github.com/aws/amazon-ssm-agent
 */
export function checkNodeSignature(request: SignedRequest, claim: Claim, publicKeys: readonly Buffer[]): void {
  checkPayloadHash(request);
  const text = Buffer.from(stringToSign(request, claim));
  const signature = Buffer.from(claim.signature, 'base64');
  const fits = publicKeys.some((der) => {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== 'rsa') return false;
    return verify('sha256', text, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature);
  });
  if (!fits) throw mismatch();
}

function stringToSign(request: SignedRequest, claim: Claim): string {
  const canonical = canonicalRequest(request, claim.signedHeaders);
  return ['AWS4-HMAC-SHA256', claim.timestamp, claim.scope, sha256(canonical)].join('\n');
}

/** A body that nobody hashed (`UNSIGNED-PAYLOAD`, streaming forms) is refused: it could be any. */
function checkPayloadHash(request: SignedRequest): void {
  const told = headerValue(request, 'x-amz-content-sha256');
  if (told !== undefined && !isSame(sha256(request.body), told)) {
    throw new AwsError(
      'InvalidSignatureException',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
}

function hmac(key: Buffer | string | KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function mismatch(): AwsError {
  return new AwsError(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
}
