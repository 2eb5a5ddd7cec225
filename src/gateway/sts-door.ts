import { AwsError } from '../core/aws-error.ts';
import type { Answer, Arrival } from './arrival.ts';
import { authenticate } from './authenticate.ts';
import type { House } from './json-door.ts';
import { readBody } from './read-body.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const LONGEST = 65_536;

/** What the query protocol calls the errors that the JSON protocols name otherwise, with its status. */
const QUERY_CODES: Readonly<Record<string, readonly [code: string, status: number]>> = {
  MissingAuthenticationTokenException: ['MissingAuthenticationToken', 403],
  IncompleteSignatureException: ['IncompleteSignature', 400],
  InvalidSignatureException: ['SignatureDoesNotMatch', 403],
  UnrecognizedClientException: ['InvalidClientTokenId', 403],
  ExpiredTokenException: ['ExpiredToken', 403],
};

/**
 * `sts:GetCallerIdentity` in the query protocol: what the AWS CLI and Terraform's provider ask to learn who they are.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export async function answerSts(house: House, arrival: Arrival): Promise<Answer> {
  const { requestId } = arrival;
  const named = { service: 'sts', operation: 'unknown', contentType: 'text/xml' };
  try {
    const expected = { service: 'sts', now: arrival.now };
    const { principal, body } = await authenticate(house.keys, arrival.head, expected, () =>
      readBody(arrival.raw, LONGEST),
    );
    const { accessKeyId, account, arn } = principal;
    checkAction(body);
    const identity = [
      `<GetCallerIdentityResponse xmlns="${NAMESPACE}"><GetCallerIdentityResult>`,
      `<Arn>${xmlText(arn)}</Arn><UserId>${xmlText(accessKeyId ?? '')}</UserId><Account>${xmlText(account)}</Account>`,
      `</GetCallerIdentityResult><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`,
      '</GetCallerIdentityResponse>',
    ];
    return { ...named, operation: 'GetCallerIdentity', status: 200, body: identity.join(''), code: 'ok', accessKeyId };
  } catch (error) {
    const isOurs = !(error instanceof AwsError);
    const known = isOurs ? undefined : QUERY_CODES[error.code];
    const [code, status] = known ?? (isOurs ? ['InternalFailure', 500] : [error.code, error.status]);
    const text = isOurs ? 'An error occurred on the server side.' : error.message;
    const type = isOurs ? 'Receiver' : 'Sender';
    const body = `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>${type}</Type><Code>${xmlText(code)}</Code><Message>${xmlText(text)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { ...named, status, body, code, ...(isOurs ? { fault: error } : {}) };
  }
}

function checkAction(body: Buffer): void {
  const form = new URLSearchParams(body.toString('utf8'));
  const [action, version] = [form.get('Action') ?? '', form.get('Version') ?? ''];
  if (action === 'GetCallerIdentity' && version === '2011-06-15') return;
  const text = `Could not find operation ${action.slice(0, 128)} for version ${version.slice(0, 32)}`;
  throw new AwsError('InvalidAction', text);
}

function xmlText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
