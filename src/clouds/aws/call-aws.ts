import { type AwsFailure, awsFailure } from './aws-failure.ts';
import { type JsonValue, MemberFault, sdkInput, taskOutput } from './members.ts';
import { type AwsService, findService } from './services.ts';
import { readStreams, StreamFault } from './streams.ts';

/** Where the calls of a service go. */
export interface AwsPlace {
  readonly region: string;
  /** Another address than AWS's own. */
  readonly endpoint?: string;
  /** Those of the environment, the profile or the machine's role where absent. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

export interface AwsCall {
  /** As the Amazon States Language names it: `ec2`. */
  readonly service: string;
  /** `runInstances`. */
  readonly action: string;
  readonly parameters: JsonValue;
  /** Calls with the same key are the same call, where the action can tell. */
  readonly idempotencyKey: string;
  readonly place: AwsPlace;
  readonly signal: AbortSignal;
}

export type AwsOutcome = { readonly ok: true; readonly output: JsonValue } | AwsFailure;

interface Client {
  send(command: object, options: { abortSignal: AbortSignal }): Promise<Record<string, unknown>>;
  destroy(): void;
}
type Exports = Readonly<Record<string, unknown>>;
type Constructor<T> = new (options: object) => T;

export interface Action {
  readonly service: AwsService;
  readonly exports: Exports;
  readonly command: Constructor<object>;
  readonly input: unknown;
  readonly output: unknown;
}

const CALL_MS = 60_000;

/** True for an action of a service that this build has a client of. */
export async function hasAction(service: string, action: string): Promise<boolean> {
  return (await findAction(service, action)) !== null;
}

/**
 * Calls one action of one service. Never throws: what goes wrong has a name that a state machine can catch. The SDK
 * tries again by itself what AWS says may be tried again.
 */
export async function callAws({ service, action, ...call }: AwsCall): Promise<AwsOutcome> {
  const found = await findAction(service, action);
  if (found === null) {
    const lacking = await resourceFault(service, action);
    const cause = lacking ?? `The action ${action} of the service ${service} is not known here.`;
    return { ok: false, error: 'States.Runtime', cause };
  }
  let input: object;
  try {
    input = sdkInput(found.input, call.parameters, call.idempotencyKey);
  } catch (error) {
    if (!(error instanceof MemberFault)) throw error;
    const cause = `The parameters of ${service}:${action} cannot be used: ${error.message}.`;
    return { ok: false, error: 'States.Runtime', cause };
  }
  const client = clientOf(found, call.place);
  try {
    const abortSignal = AbortSignal.any([call.signal, AbortSignal.timeout(CALL_MS)]);
    const output = await client.send(new found.command(input), { abortSignal });
    return { ok: true, output: taskOutput(found.output, await readStreams(output)) };
  } catch (error) {
    if (error instanceof StreamFault) return { ok: false, error: error.error, cause: error.message };
    return awsFailure(found.service, modelledErrors(found.exports), error);
  } finally {
    client.destroy();
  }
}

/** Null for an action that this build cannot call. */
export async function findAction(name: string, action: string): Promise<Action | null> {
  const service = findService(name);
  if (service === null || !/^[a-z][A-Za-z0-9]{1,100}$/.test(action)) return null;
  const exports = await clientExports(service);
  if (exports === null) return null;
  const operation = action.charAt(0).toUpperCase() + action.slice(1);
  const command = exports[`${operation}Command`] as Constructor<object> | undefined;
  // An operation is [kind, namespace, name, traits, input, output].
  const schema = exports[`${operation}$`] as readonly unknown[] | undefined;
  if (command === undefined || schema === undefined) return null;
  return { service, exports, command, input: resolved(schema[4]), output: resolved(schema[5]) };
}

/** Why an action cannot be called: what is not known, or which package to install; null where it can. */
export async function resourceFault(name: string, action: string): Promise<string | null> {
  const service = findService(name);
  if (service === null) return `AWS has no service that Step Functions calls '${name}', as far as this server knows.`;
  if ((await findAction(name, action)) !== null) return null;
  if ((await clientExports(service)) !== null) return `The service ${name} has no action '${action}'.`;
  const how = `run \`npm install --save-exact ${service.client}@3\` in the folder of Kintsugi and start the server anew`;
  return `The client of the service ${name} is not installed: ${how}.`;
}

/** Null for a package that is not installed. */
async function clientExports({ client }: AwsService): Promise<Exports | null> {
  try {
    return (await import(client)) as Exports;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Of the package itself, not of something that it lacks.
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${client}'`)) return null;
    throw error;
  }
}

/** Schemas that are far off are behind functions. */
function resolved(schema: unknown): unknown {
  return typeof schema === 'function' ? (schema as () => unknown)() : schema;
}

function clientOf({ exports }: Action, { region, endpoint, credentials }: AwsPlace): Client {
  const isClient = (value: unknown) => typeof value === 'function' && typeof value.prototype?.send === 'function';
  const name = Object.keys(exports).find((key) => /^[A-Z]\w*Client$/.test(key) && isClient(exports[key]));
  const ClientClass = exports[name ?? ''] as Constructor<Client> | undefined;
  if (ClientClass === undefined) throw new Error('the SDK package has no client');
  return new ClientClass({
    region,
    maxAttempts: 3,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
}

/** The errors of a service's model are exported as classes of its base exception. */
function modelledErrors(exports: Exports): ReadonlySet<string> {
  // Some services model errors of such names themselves (Lambda's ServiceException): those descend from the base.
  const candidates = Object.entries(exports).flatMap(([name, value]) =>
    /ServiceException$/.test(name) && typeof value === 'function' ? [value] : [],
  );
  const base = candidates.find((one) => !candidates.some((other) => one.prototype instanceof other));
  if (base === undefined) return new Set();
  const isError = (value: unknown) => typeof value === 'function' && value.prototype instanceof base;
  return new Set(Object.keys(exports).filter((name) => isError(exports[name])));
}
