import { createHash, createHmac } from 'node:crypto';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

export interface SignedGet {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const EMPTY = sha256('');

/**
 * The headers of a GET of S3, signed with SigV4. The path is encoded once, as S3 alone wants it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function signedGet(
  target: { readonly origin: string; readonly path: string; readonly region: string },
  credentials: S3Credentials,
  now: Date,
  more: Readonly<Record<string, string>> = {},
): SignedGet {
  const { host } = new URL(target.origin);
  const stamp = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const date = stamp.slice(0, 8);
  const headers: Record<string, string> = {
    ...more,
    host,
    'x-amz-content-sha256': EMPTY,
    'x-amz-date': stamp,
    ...(credentials.sessionToken === null ? {} : { 'x-amz-security-token': credentials.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const path = target.path.split('/').map(encode).join('/');
  const lines = names.map((name) => `${name}:${headers[name]?.trim()}\n`).join('');
  const canonical = ['GET', path, '', lines, names.join(';'), EMPTY].join('\n');
  const scope = `${date}/${target.region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n');
  const key = [date, target.region, 's3', 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(key, text).toString('hex');
  const credential = `Credential=${credentials.accessKeyId}/${scope}`;
  const authorization = `AWS4-HMAC-SHA256 ${credential},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { url: `${target.origin}${path}`, headers: { ...headers, authorization } };
}

/** RFC 3986: `encodeURIComponent` leaves five characters that SigV4 does not. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
