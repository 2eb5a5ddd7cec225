import { signWithKeys } from '../../agent/sign.ts';
import { type JsonObject, ServiceError, send } from '../../agent/wire.ts';
import { KintsugiError } from '../../core/errors.ts';
import type { ServerProfile } from './profile.ts';

const TIMEOUT_MS = 60_000;
const REFUSALS = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
]);

/** What the server refuses by names of our own catalogue. */
const OWN = [
  'ApprovalNotFound',
  'ApprovalOver',
  'ChannelEmpty',
  'ChannelMoved',
  'ImageLineage',
  'ImageNotFound',
  'ImageRevoked',
  'NotAnAmi',
  'RolloutInProgress',
] as const;

/**
 * Calls an operation of the server's own service (`Kintsugi.OPERATION`) and answers its output. Errors: Usage where the server
 * does not take the input, ServerUnreachable, ServerRefused, ServerFault, and what the server refuses by our own names.
 */
export async function askServer(
  { endpoint, region, keys }: ServerProfile,
  operation: string,
  input: object,
  now = new Date(),
): Promise<JsonObject> {
  const body = JSON.stringify(input);
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    host: endpoint.url.host,
    'x-amz-target': `Kintsugi.${operation}`,
  };
  const signed = signWithKeys({ headers, body }, { region, service: 'kintsugi', at: now }, keys);
  try {
    return await send(endpoint, signed, body, { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    throw explained(error, endpoint.url.origin);
  }
}

function explained(error: unknown, origin: string): KintsugiError {
  if (!(error instanceof ServiceError)) {
    const { message } = error as Error;
    const isRefused = (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
    const options = isRefused
      ? { advice: 'Start the server with `kintsugi up`, or set AWS_ENDPOINT_URL to where it is.' }
      : {};
    const what = isRefused ? 'no server listens there' : message || String(error);
    return new KintsugiError('ServerUnreachable', `${origin} does not answer: ${what}.`, options);
  }
  const { code, message } = error;
  if (REFUSALS.has(code)) return new KintsugiError('ServerRefused', `${origin} refused: ${message}`);
  if (code === 'ValidationException' || code === 'InvalidNextToken')
    return new KintsugiError('Usage', withoutPreamble(message));
  const own = OWN.find((one) => one === code);
  if (own !== undefined) return new KintsugiError(own, message.replace(`${own}: `, ''));
  if (code === 'UnknownOperationException') {
    const advice = 'Is it Kintsugi, and of this release?';
    return new KintsugiError('ServerFault', `${origin} does not know the operation.`, { advice });
  }
  return new KintsugiError('ServerFault', `${origin} answered with an error: ${message}`);
}

/** The words about the value, without the code and the count in front of them. */
function withoutPreamble(message: string): string {
  return message.replace(/^ValidationException: /, '').replace(/^1 validation error detected: /, '');
}
