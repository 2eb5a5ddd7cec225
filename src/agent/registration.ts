import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { KintsugiError } from '../core/errors.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { INSTANCE_ID } from './identity.ts';
import { createKey, publicHalf, readKey } from './key-pair.ts';
import { readState, writeState } from './state-file.ts';
import type { StateFolder } from './state-folder.ts';
import { parseObject, ServiceError, send, TARGETS } from './wire.ts';

/** Who this node is, and whom it serves. */
export interface Registration {
  readonly endpoint: string;
  readonly region: string;
  readonly instanceId: string;
  readonly fingerprint: string;
  /** A file of authorities to trust instead of the system's; null for the system's. */
  readonly ca: string | null;
  readonly allowHttp: boolean;
  readonly registeredAt: string;
}

export interface RegisterRequest {
  readonly endpoint: string;
  readonly region: string;
  readonly activationId: string;
  readonly activationCode: string;
  readonly ca: string | null;
  readonly allowHttp: boolean;
}

const REGISTER_TIMEOUT_MS = 30_000;

/**
 * Makes this machine a managed node: a key of its own, and an activation in exchange for an instance id. The key is
 * on disk before the server hears of it. Errors: Usage, AgentRegistered, ServerUnreachable, RegistrationRefused.
 */
export async function register(folder: StateFolder, request: RegisterRequest, now: Date): Promise<Registration> {
  const existing = await readRegistration(folder);
  if (existing !== null) {
    throw new KintsugiError(
      'AgentRegistered',
      `this machine is ${existing.instanceId} at ${existing.endpoint} already`,
    );
  }
  const url = parseEndpoint(request.endpoint, request.allowHttp);
  const endpoint = { url, ca: await readAuthorities(request.ca) };
  // A key without a registration is of an attempt whose answer was lost: asked again in the same words, a server gives
  // the same id instead of counting another node.
  const key = (await readKey(folder.key).catch(() => null)) ?? (await createKey(folder.key));
  const publicKey = publicHalf(key);
  const fingerprint = guidOf(publicKey);
  const headers = {
    host: url.host,
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `${TARGETS.ssm}.RegisterManagedInstance`,
  };
  const body = {
    ActivationCode: request.activationCode,
    ActivationId: request.activationId,
    Fingerprint: fingerprint,
    PublicKey: publicKey,
    PublicKeyType: 'Rsa',
  };
  const answer = await send(endpoint, headers, JSON.stringify(body), { timeoutMs: REGISTER_TIMEOUT_MS }).catch(
    (error: unknown) => {
      if (!(error instanceof ServiceError)) throw unreachable(url, error);
      throw new KintsugiError('RegistrationRefused', `${url.origin} refused the registration: ${error.message}`);
    },
  );
  const instanceId = answer.InstanceId;
  if (typeof instanceId !== 'string' || !INSTANCE_ID.test(instanceId)) {
    throw new KintsugiError('RegistrationRefused', `${url.origin} answered without an instance id`);
  }
  const registration: Registration = {
    endpoint: url.origin,
    region: request.region,
    instanceId,
    fingerprint,
    ca: request.ca,
    allowHttp: request.allowHttp,
    registeredAt: now.toISOString(),
  };
  await writeState(folder.registration, `${JSON.stringify(registration, null, 2)}\n`);
  return registration;
}

/** The server of a registered node is reached at another address now. Errors: Usage. */
export async function readdress(
  folder: StateFolder,
  registration: Registration,
  to: Pick<Registration, 'endpoint' | 'region' | 'allowHttp'>,
): Promise<void> {
  const endpoint = parseEndpoint(to.endpoint, to.allowHttp).origin;
  const { region, allowHttp } = to;
  if (registration.endpoint === endpoint && registration.region === region && registration.allowHttp === allowHttp)
    return;
  await writeState(
    folder.registration,
    `${JSON.stringify({ ...registration, endpoint, region, allowHttp }, null, 2)}\n`,
  );
}

/** The registration in a state folder; null where there is none. Errors: AgentStateBroken. */
export async function readRegistration(folder: StateFolder): Promise<Registration | null> {
  const text = await readState(folder.registration);
  if (text === null) return null;
  const value = parseObject(text);
  const texts = ['endpoint', 'region', 'instanceId', 'fingerprint', 'registeredAt'];
  if (value === null || texts.some((name) => typeof value[name] !== 'string')) {
    throw new KintsugiError('AgentStateBroken', `${folder.registration} cannot be read`);
  }
  return value as unknown as Registration;
}

/** Where a registered node finds its server. Errors: Usage. */
export async function endpointOf(registration: Registration): Promise<Endpoint> {
  const url = parseEndpoint(registration.endpoint, registration.allowHttp === true);
  return { url, ca: await readAuthorities(registration.ca ?? null) };
}

/** A text's hash in the form of a GUID. */
function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

async function readAuthorities(path: string | null): Promise<string | null> {
  if (path === null) return null;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new KintsugiError('Usage', `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function unreachable(url: URL, error: unknown): KintsugiError {
  const { message } = error as Error;
  return new KintsugiError('ServerUnreachable', `${url.origin} does not answer: ${message}`, { cause: error });
}
