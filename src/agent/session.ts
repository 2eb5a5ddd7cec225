import type { KeyObject } from 'node:crypto';
import { KintsugiError } from '../core/errors.ts';
import type { Endpoint } from './endpoint.ts';
import { createKey, promoteKey, publicHalf, readKey } from './key-pair.ts';
import type { Registration } from './registration.ts';
import { type SessionKeys, signWithKeys, signWithNodeKey } from './sign.ts';
import type { StateFolder } from './state-folder.ts';
import { type JsonObject, type SendOptions, type Service, ServiceError, send, TARGETS } from './wire.ts';

/** The server does not take the temporary keys (any more): new ones may help. */
const STALE = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
]);
/** The server's clock and ours differ. */
const SKEWED = new Set([
  'InvalidSignatureException',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);
const SKEW_MS = 60_000;
/** With a wrong clock a lease can seem over at once; one that really is gets replaced when the server says so. */
const SHORTEST_LEASE_MS = 60_000;
const DEFAULTS = { timeoutMs: 30_000 };

interface Lease {
  readonly keys: SessionKeys;
  /** The node renews at half of the lifetime, so that a server that is away for a while is no trouble. */
  readonly renewAt: number;
}

/**
 * The node's line to its server: signs every call with temporary keys, gets these with the node's own RSA key, and
 * changes that key when the server asks for it. Wrong clocks on either side are allowed for.
 */
export class Session {
  readonly #endpoint: Endpoint;
  readonly #registration: Registration;
  readonly #folder: StateFolder;
  #key: KeyObject;
  #lease: Lease | null = null;
  #renewal: Promise<Lease> | null = null;
  #skewMs = 0;

  private constructor(endpoint: Endpoint, registration: Registration, folder: StateFolder, key: KeyObject) {
    this.#endpoint = endpoint;
    this.#registration = registration;
    this.#folder = folder;
    this.#key = key;
  }

  /** Errors: AgentStateBroken. */
  static async open(endpoint: Endpoint, registration: Registration, folder: StateFolder): Promise<Session> {
    const key = await readKey(folder.key).catch(() => null);
    if (key === null) throw new KintsugiError('AgentStateBroken', `${folder.key} cannot be read`);
    return new Session(endpoint, registration, folder, key);
  }

  /** Errors: ServiceError, and those of the connection. */
  async call(service: Service, operation: string, body: object, options: SendOptions = DEFAULTS): Promise<JsonObject> {
    let used: Lease | null = null;
    const attempt = async (): Promise<JsonObject> => {
      used = await this.#currentLease();
      const { keys } = used;
      const text = JSON.stringify(body);
      const unsigned = { headers: this.#headers(service, operation), body: text };
      return send(this.#endpoint, signWithKeys(unsigned, this.#scope(service), keys), text, options);
    };
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ServiceError) || !this.#mayHelpToRetry(error, used)) throw error;
      return attempt();
    }
  }

  #mayHelpToRetry(error: ServiceError, used: Lease | null): boolean {
    // A call that was under way with the old keys says nothing of the new ones that another call got meanwhile.
    if (STALE.has(error.code) && this.#lease === used) this.#lease = null;
    return this.#adjustClock(error) || STALE.has(error.code);
  }

  #adjustClock({ code, serverTime }: ServiceError): boolean {
    if (!SKEWED.has(code) || serverTime === null) return false;
    const skew = serverTime.getTime() - Date.now();
    if (Math.abs(skew - this.#skewMs) < SKEW_MS) return false;
    this.#skewMs = skew;
    return true;
  }

  async #currentLease(): Promise<Lease> {
    if (this.#lease !== null && performance.now() < this.#lease.renewAt) return this.#lease;
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renew(): Promise<Lease> {
    const answer = await this.#requestToken();
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = answer;
    if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string' || typeof sessionToken !== 'string') {
      throw new Error('the server answered RequestManagedInstanceRoleToken without keys');
    }
    const expires = Number(answer.TokenExpirationDate) * 1000 - this.#skewMs;
    const lifetimeMs = Math.max(SHORTEST_LEASE_MS, Number.isFinite(expires) ? expires - Date.now() : 0);
    this.#lease = { keys: { accessKeyId, secretAccessKey, sessionToken }, renewAt: performance.now() + lifetimeMs / 2 };
    // Whether or not a change that failed half-way took hold, the next renewal finds out which key is the right one.
    if (answer.UpdateKeyPair === true) await this.#changeKey().catch(() => {});
    return this.#lease;
  }

  async #requestToken(): Promise<JsonObject> {
    const ask = () =>
      this.#callWithNodeKey('RequestManagedInstanceRoleToken', { Fingerprint: this.#registration.fingerprint });
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (this.#adjustClock(error)) return ask();
      // The agent may have died just after the server took the new key, before it could note so itself.
      const next = await readKey(this.#folder.nextKey).catch(() => null);
      if (next === null) throw error;
      const old = this.#key;
      this.#key = next;
      try {
        const answer = await ask();
        await promoteKey(this.#folder.nextKey, this.#folder.key);
        return answer;
      } catch {
        this.#key = old;
        throw error;
      }
    }
  }

  /** The new key is on disk before the server hears of it; the old one signs the change. */
  async #changeKey(): Promise<void> {
    const next = await createKey(this.#folder.nextKey);
    await this.#callWithNodeKey('UpdateManagedInstancePublicKey', {
      NewPublicKey: publicHalf(next),
      NewPublicKeyType: 'Rsa',
    });
    this.#key = next;
    await promoteKey(this.#folder.nextKey, this.#folder.key);
  }

  #callWithNodeKey(operation: string, body: object): Promise<JsonObject> {
    const text = JSON.stringify(body);
    const unsigned = { headers: this.#headers('ssm', operation), body: text };
    const node = { instanceId: this.#registration.instanceId, key: this.#key };
    return send(this.#endpoint, signWithNodeKey(unsigned, this.#scope('ssm'), node), text, DEFAULTS);
  }

  #headers(service: Service, operation: string): Record<string, string> {
    return {
      host: this.#endpoint.url.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${TARGETS[service]}.${operation}`,
    };
  }

  #scope(service: Service): { region: string; service: string; at: Date } {
    return { region: this.#registration.region, service, at: new Date(Date.now() + this.#skewMs) };
  }
}
