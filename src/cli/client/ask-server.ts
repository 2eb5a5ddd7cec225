import { signWithKeys } from '../../agent/sign.ts';
import { type JsonObject, ServiceError, send } from '../../agent/wire.ts';
import { type ErrorCode, KintsugiError } from '../../core/errors.ts';
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
const OWN_REFUSALS = [
  'ApprovalNotFound',
  'ApprovalOver',
  'ChannelEmpty',
  'ChannelMoved',
  'ImageLineage',
  'ImageNotFound',
  'ImageRevoked',
  'ImageUntested',
  'NotAnAmi',
  'RolloutInProgress',
] as const;

interface AskedService {
  readonly name: string;
  readonly target: string;
  readonly contentType: string;
}

const OWN: AskedService = { name: 'kintsugi', target: 'Kintsugi', contentType: 'application/x-amz-json-1.1' };
/** The Step Functions API of the server. */
export const STEP_FUNCTIONS: AskedService = {
  name: 'states',
  target: 'AWSStepFunctions',
  contentType: 'application/x-amz-json-1.0',
};
/** Errors of operations by what they are to a user. */
const MEANT: Readonly<Record<string, ErrorCode>> = {
  ValidationException: 'Usage',
  InvalidNextToken: 'Usage',
  ExecutionDoesNotExist: 'Usage',
  StateMachineDoesNotExist: 'Usage',
  InvalidArn: 'Usage',
  InvalidName: 'Usage',
  DoesNotExistException: 'Usage',
  InvalidExecutionInput: 'Usage',
  RequestEntityTooLargeException: 'Usage',
  ExecutionAlreadyExists: 'BakeInProgress',
  BakeInProgress: 'BakeInProgress',
  BakeNotPossible: 'BakeNotPossible',
};

/**
 * Calls an operation of the server, of its own service (`Kintsugi.OPERATION`) unless told otherwise, and answers its
 * output. Errors: Usage where the server does not take the input, ServerUnreachable, ServerRefused, ServerFault, and what the server
 * refuses by our own names.
 */
export async function askServer(
  { endpoint, region, keys }: ServerProfile,
  operation: string,
  input: object,
  { now = new Date(), service = OWN }: { now?: Date; service?: AskedService } = {},
): Promise<JsonObject> {
  const body = JSON.stringify(input);
  const headers = {
    'content-type': service.contentType,
    host: endpoint.url.host,
    'x-amz-target': `${service.target}.${operation}`,
  };
  const signed = signWithKeys({ headers, body }, { region, service: service.name, at: now }, keys);
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
  const meant = MEANT[code];
  if (meant !== undefined) return new KintsugiError(meant, withoutPreamble(message, code));
  const own = OWN_REFUSALS.find((one) => one === code);
  if (own !== undefined) return new KintsugiError(own, message.replace(`${own}: `, ''));
  if (code === 'UnknownOperationException') {
    const advice = 'Is it Kintsugi, and of this release?';
    return new KintsugiError('ServerFault', `${origin} does not know the operation.`, { advice });
  }
  return new KintsugiError('ServerFault', `${origin} answered with an error: ${message}`);
}

/** The words about the value, without the code and the count in front of them. */
function withoutPreamble(message: string, code: string): string {
  const words = message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
  return words.replace(/^1 validation error detected: /, '');
}
