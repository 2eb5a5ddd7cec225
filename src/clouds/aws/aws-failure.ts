import type { AwsService } from './services.ts';

/** What an action that failed is to a state machine: a name to catch it by, and a text. */
export interface AwsFailure {
  readonly ok: false;
  readonly error: string;
  readonly cause: string;
}

interface SdkError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly $fault?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/**
 * An error of the SDK by the name that Step Functions gives it: service, dot, the exception's class in the SDK for
 * Java, which all errors of the service's model have and which ends in Exception.
 * https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
 */
export function awsFailure(service: AwsService, modelled: ReadonlySet<string>, thrown: unknown): AwsFailure {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as SdkError;
  const name = typeof error.name === 'string' ? error.name : 'Error';
  const said = String(error.message ?? thrown).slice(0, 4096);
  if (error.$fault === undefined && error.$metadata?.httpStatusCode === undefined) {
    return { ok: false, error: `${service.errors}.SdkClientException`, cause: said };
  }
  const { httpStatusCode = 0, requestId = 'none' } = error.$metadata ?? {};
  const className = modelled.has(name) ? javaClass(name) : service.generic;
  // The code that a service without modelled errors answered (EC2's `InvalidAMIID.NotFound`) is in the text alone.
  const code = modelled.has(name) ? '' : `${name}: `;
  const cause = `${code}${said} (Service: ${service.errors}, Status Code: ${httpStatusCode}, Request ID: ${requestId})`;
  return { ok: false, error: `${service.errors}.${className}`, cause };
}

/** `AlreadyExistsFault` and `ParameterNotFound` are AlreadyExistsException and ParameterNotFoundException in Java. */
function javaClass(name: string): string {
  if (name.endsWith('Exception')) return name;
  return `${name.replace(/(?:Fault|Error)$/, '')}Exception`;
}
