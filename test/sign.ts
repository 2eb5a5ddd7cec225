import { createHash, createHmac } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Outgoing {
  readonly method: string;
  /** `/path?query`, encoded as it goes over the wire. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** The headers of `request` with `X-Amz-Date`, the session token and a signature of version 4 over all of them. */
export function sign(
  request: Outgoing,
  credentials: Credentials,
  options: { service: string; region: string; now: Date },
): Record<string, string> {
  const stamp = options.now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers: Record<string, string> = { ...request.headers, 'x-amz-date': stamp };
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
  const names = Object.keys(headers).sort();
  const [path = '/', query = ''] = request.url.split('?');
  const canonical = [
    request.method,
    path,
    query.split('&').sort().join('&'),
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    '',
    names.join(';'),
    createHash('sha256').update(request.body).digest('hex'),
  ].join('\n');
  const scope = [stamp.slice(0, 8), options.region, options.service, 'aws4_request'];
  const text = ['AWS4-HMAC-SHA256', stamp, scope.join('/'), createHash('sha256').update(canonical).digest('hex')];
  let key: Buffer | string = `AWS4${credentials.secretAccessKey}`;
  for (const part of [...scope, text.join('\n')]) key = createHmac('sha256', key).update(part).digest();
  const signature = Buffer.from(key).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope.join('/')}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...headers, authorization };
}
