import { createHash } from 'node:crypto';

/** What came before the body, before anything was decoded or folded. */
export interface SignedHead {
  readonly method: string;
  /** Path and query of the request line, as sent. */
  readonly url: string;
  /** Header lines in the order sent; a name may come more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface SignedRequest extends SignedHead {
  readonly body: Buffer;
}

/**
 * The canonical request of Signature Version 4 for services other than S3.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const [path = '', ...rest] = request.url.split('?');
  const values = headerValues(request);
  return [
    request.method,
    canonicalPath(path),
    canonicalQuery(rest.join('?')),
    ...signedHeaders.map((name) => `${name}:${folded(values.get(name) ?? [])}`),
    '',
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
}

/** Values of one header, folded (runs of white space are one space) and joined with commas; undefined without any. */
export function headerValue({ headers }: SignedHead, name: string): string | undefined {
  const values = headers.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : folded(values);
}

/** All at once: a request may name thousands of headers as signed. */
function headerValues({ headers }: SignedHead): ReadonlyMap<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const known = values.get(name.toLowerCase());
    if (known === undefined) values.set(name.toLowerCase(), [value]);
    else known.push(value);
  }
  return values;
}

function folded(values: readonly string[]): string {
  return values.map((value) => value.trim().replace(/\s+/g, ' ')).join(',');
}

export function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Dot segments and empty segments go, and what the client encoded once is encoded again. */
function canonicalPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const isFolder = kept.length > 0 && path.endsWith('/');
  return `/${kept.map(encode).join('/')}${isFolder ? '/' : ''}`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [encode(decode(name)), encode(decode(value.join('=')))] as const;
  });
  const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
  pairs.sort(([a, x], [b, y]) => order(a, b) || order(x, y));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** RFC 3986: everything but the unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
