import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';

/** A signed document: https://github.com/secure-systems-lab/dsse */
export interface Envelope {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const envelope = z.object({
  payloadType: z.string().max(200),
  payload: z.string().regex(BASE64).max(64_000_000),
  signatures: z
    .array(z.object({ keyid: z.string().max(200).default(''), sig: z.string().regex(BASE64).max(1000) }))
    .min(1)
    .max(20),
});

/** What is signed: the type and the payload, each with its length in front (DSSE's PAE). */
export function preAuthEncoding(payloadType: string, payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `),
    payload,
  ]);
}

/** SHA-256 of the public key in DER, in hexadecimal: a hint which key it was, never a proof. */
export function keyId(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** Signs a payload with an ed25519 key. */
export function signEnvelope(payloadType: string, payload: Buffer, key: KeyObject): Envelope {
  const sig = sign(null, preAuthEncoding(payloadType, payload), key).toString('base64');
  return { payloadType, payload: payload.toString('base64'), signatures: [{ keyid: keyId(key), sig }] };
}

export type Verified =
  | { readonly ok: true; readonly payload: Buffer }
  | { readonly ok: false; readonly reason: string };

/** Answers the payload only where a signature by one of the keys holds. What is no envelope is a reason, never a throw. */
export function verifyEnvelope(value: unknown, payloadType: string, keys: readonly KeyObject[]): Verified {
  const parsed = envelope.safeParse(value);
  if (!parsed.success) return { ok: false, reason: 'it is no DSSE envelope' };
  if (parsed.data.payloadType !== payloadType)
    return { ok: false, reason: `it holds ${JSON.stringify(parsed.data.payloadType)}` };
  const payload = Buffer.from(parsed.data.payload, 'base64');
  const signed = preAuthEncoding(payloadType, payload);
  const holds = parsed.data.signatures.some(({ sig }) =>
    keys.some((key) => key.asymmetricKeyType === 'ed25519' && verify(null, signed, key, Buffer.from(sig, 'base64'))),
  );
  return holds ? { ok: true, payload } : { ok: false, reason: 'no signature on it is by a key that is trusted here' };
}
