import { createHash } from 'node:crypto';
import { AwsError } from '../../core/aws-error.ts';
import { headerValue, type SignedHead } from './canonical.ts';

/** What a request says of its own signature; nothing of it is proven yet. */
export interface Claim {
  readonly accessKeyId: string;
  /** `20261122/eu-west-1/ssm/aws4_request`. */
  readonly scope: string;
  readonly date: string;
  readonly region: string;
  /** `20261122T213000Z`. */
  readonly timestamp: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken: string | undefined;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const LONGEST = 8192;
const SKEW_MS = 5 * 60_000;

/**
 * Reads the Authorization header and checks everything that needs no key: its parts, the scope, the clock (5 minutes),
 * and that the host and all `x-amz-` headers are signed. Throws MissingAuthenticationTokenException,
 * IncompleteSignatureException or InvalidSignatureException with AWS's texts.
 */
export function readClaim(request: SignedHead, service: string, now: Date): Claim {
  const header = headerValue(request, 'authorization');
  if (header === undefined) throw missing(request.url);
  const fields = readFields(header);
  const timestamp = timestampOf(request);
  const [credential, signedList, signature] = ['Credential', 'SignedHeaders', 'Signature'].map((name) =>
    fields.get(name),
  );
  if (!credential || !signedList || !signature || timestamp === undefined) {
    throw incomplete(fields, timestamp, header);
  }
  const [accessKeyId = '', date = '', region = '', scopeService = '', terminator, ...rest] = credential.split('/');
  if (accessKeyId === '' || terminator === undefined || rest.length > 0) {
    throw new AwsError(
      'IncompleteSignatureException',
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${printable(credential)}'`,
    );
  }
  const claim = {
    accessKeyId,
    scope: `${date}/${region}/${scopeService}/${terminator}`,
    date,
    region,
    timestamp,
    signature,
  };
  checkScope(claim, scopeService, terminator, service);
  const signedHeaders = signedList.split(';');
  checkSigned(request, new Set(signedHeaders));
  checkClock(timestamp, now);
  return { ...claim, signedHeaders, sessionToken: headerValue(request, 'x-amz-security-token') };
}

function missing(url: string): AwsError {
  if (/[?&]X-Amz-(?:Signature|Algorithm|Credential)=/i.test(url)) {
    return new AwsError(
      'IncompleteSignatureException',
      'Presigned requests are not supported here: sign with the Authorization header.',
    );
  }
  return new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
}

function readFields(header: string): Map<string, string> {
  if (header.length > LONGEST)
    throw new AwsError('IncompleteSignatureException', 'The Authorization header is too long.');
  const [algorithm = '', ...rest] = header.split(' ');
  if (algorithm !== ALGORITHM) {
    throw new AwsError('IncompleteSignatureException', `Unsupported AWS 'algorithm': '${printable(algorithm)}'.`);
  }
  const fields = new Map<string, string>();
  for (const part of rest.join(' ').split(',')) {
    const [name = '', ...value] = part.trim().split('=');
    if (value.length === 0 || fields.has(name)) {
      throw new AwsError(
        'IncompleteSignatureException',
        `'${printable(part.trim())}' not a valid key=value pair (missing equal-sign) in Authorization header: ${hashed(header)}.`,
      );
    }
    fields.set(name, value.join('='));
  }
  return fields;
}

function incomplete(fields: ReadonlyMap<string, string>, timestamp: string | undefined, header: string): AwsError {
  const lacking = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !fields.get(name))
    .map((name) => `Authorization header requires '${name}' parameter.`);
  if (timestamp === undefined) {
    lacking.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  return new AwsError('IncompleteSignatureException', `${lacking.join(' ')} ${hashed(header)}`);
}

/** AWS does not repeat the header itself either: it may hold a whole signature. */
function hashed(header: string): string {
  const digest = createHash('sha256').update(header).digest('base64');
  return `(Hashed with SHA-256 and encoded with Base64) Authorization=${digest}`;
}

function timestampOf(request: SignedHead): string | undefined {
  const stamp = headerValue(request, 'x-amz-date');
  if (stamp !== undefined) return /^\d{8}T\d{6}Z$/.test(stamp) ? stamp : undefined;
  const date = Date.parse(headerValue(request, 'date') ?? '');
  return Number.isNaN(date) ? undefined : stampOf(date);
}

function checkScope(
  claim: Pick<Claim, 'date' | 'region' | 'timestamp'>,
  service: string,
  terminator: string,
  ours: string,
): void {
  const problems: string[] = [];
  if (claim.region === '') problems.push('Credential should be scoped to a valid region.');
  if (service !== ours) problems.push(`Credential should be scoped to correct service: '${ours}'.`);
  if (terminator !== 'aws4_request') {
    problems.push(
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${printable(terminator)}'.`,
    );
  }
  if (claim.date !== claim.timestamp.slice(0, 8)) {
    problems.push(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${printable(claim.date)}' != '${claim.timestamp.slice(0, 8)}', from '${claim.timestamp}'.`,
    );
  }
  if (problems.length > 0) throw new AwsError('InvalidSignatureException', problems.join(' '));
}

function checkSigned(request: SignedHead, signedHeaders: ReadonlySet<string>): void {
  const names = new Set(request.headers.map(([name]) => name.toLowerCase()));
  const must = ['host', ...[...names].filter((name) => name.startsWith('x-amz-'))];
  for (const name of must) {
    if (signedHeaders.has(name)) continue;
    const shown = name === 'host' ? "'Host' or ':authority'" : `'${printable(name)}'`;
    throw new AwsError('InvalidSignatureException', `${shown} must be a 'SignedHeader' in the AWS Authorization.`);
  }
  // The date that the clock is checked with has to be a signed one.
  if (!names.has('x-amz-date') && !signedHeaders.has('date')) {
    throw new AwsError('InvalidSignatureException', "'Date' must be a 'SignedHeader' in the AWS Authorization.");
  }
}

function checkClock(timestamp: string, now: Date): void {
  const time = Date.parse(timestamp.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'));
  const ours = now.getTime();
  if (Number.isNaN(time)) throw new AwsError('InvalidSignatureException', 'The date of the request is none.');
  if (time < ours - SKEW_MS) {
    throw new AwsError(
      'InvalidSignatureException',
      `Signature expired: ${timestamp} is now earlier than ${stampOf(ours - SKEW_MS)} (${stampOf(ours)} - 5 min.)`,
    );
  }
  if (time > ours + SKEW_MS) {
    throw new AwsError(
      'InvalidSignatureException',
      `Signature not yet current: ${timestamp} is still later than ${stampOf(ours + SKEW_MS)} (${stampOf(ours)} + 5 min.)`,
    );
  }
}

function stampOf(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}

function printable(text: string): string {
  return text.slice(0, 256).replace(/[^\x20-\x7e]/g, '?');
}
