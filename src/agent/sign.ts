import { constants, createHash, createHmac, type KeyObject, sign } from 'node:crypto';

/** A POST to `/` as it will be sent; header names in lower case, `host` among them. */
export interface Unsigned {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Scope {
  readonly region: string;
  readonly service: string;
  readonly at: Date;
}

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary keys; lasting ones have none. */
  readonly sessionToken?: string | undefined;
}

export interface SessionKeys extends Keys {
  readonly sessionToken: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * Signs with the temporary keys of a node, or the keys of a person or program: Signature Version 4.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
export function signWithKeys(request: Unsigned, scope: Scope, keys: Keys): Record<string, string> {
  const token = keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken };
  const dated = { ...request.headers, 'x-amz-date': stamp(scope.at), ...token };
  const parts = credentialScope(scope).split('/');
  const key = parts.reduce<Buffer | string>((secret, part) => hmac(secret, part), `AWS4${keys.secretAccessKey}`);
  const signature = hmac(key, stringToSign(dated, request.body, scope)).toString('hex');
  return { ...dated, authorization: authorization(keys.accessKeyId, scope, dated, signature) };
}

/**
 * Signs with the node's own RSA key, which stands in for the temporary keys until there are any: the same string to
 * sign, with RSA-PSS (SHA-256, salt of 32 bytes), base64, and the node's id as access key.
 */
export function signWithNodeKey(
  request: Unsigned,
  scope: Scope,
  node: { readonly instanceId: string; readonly key: KeyObject },
): Record<string, string> {
  const dated = { ...request.headers, 'x-amz-date': stamp(scope.at) };
  const signature = sign('sha256', Buffer.from(stringToSign(dated, request.body, scope)), {
    key: node.key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 32,
  }).toString('base64');
  return { ...dated, authorization: authorization(node.instanceId, scope, dated, signature) };
}

function stringToSign(headers: Readonly<Record<string, string>>, body: string, scope: Scope): string {
  const names = signedNames(headers);
  const lines = names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`).join('');
  const canonical = ['POST', '/', '', lines, names.join(';'), sha256(body)].join('\n');
  return [ALGORITHM, stamp(scope.at), credentialScope(scope), sha256(canonical)].join('\n');
}

function authorization(id: string, scope: Scope, headers: Readonly<Record<string, string>>, signature: string): string {
  const names = signedNames(headers).join(';');
  return `${ALGORITHM} Credential=${id}/${credentialScope(scope)}, SignedHeaders=${names}, Signature=${signature}`;
}

function signedNames(headers: Readonly<Record<string, string>>): string[] {
  return Object.keys(headers).sort();
}

function credentialScope({ at, region, service }: Scope): string {
  return `${stamp(at).slice(0, 8)}/${region}/${service}/aws4_request`;
}

/** `20261122T091256Z` */
function stamp(at: Date): string {
  return at.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
