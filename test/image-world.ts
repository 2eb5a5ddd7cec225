import { randomBytes } from 'node:crypto';
import type { Call } from '../src/control/call.ts';
import { runOperation } from '../src/gateway/run-operation.ts';
import type { Service } from '../src/gateway/service.ts';
import { servicesOf } from '../src/gateway/wiring.ts';
import { Bell } from '../src/store/bell.ts';
import { sealerOf } from '../src/store/sealer.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { fakeCall } from './fake-call.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
type Answer = any;

/** All that the server serves, called in this process: each change in a transaction with its entry in the audit log. */
export interface ImageWorld {
  readonly store: TestDatabase;
  readonly bell: Bell;
  readonly services: readonly Service[];
  /** An operation of the service `kintsugi`. */
  ask(operation: string, input: object, given?: Partial<Call>): Promise<Answer>;
  /** An operation of Systems Manager. */
  ssm(operation: string, input: object, given?: Partial<Call>): Promise<Answer>;
  /** The value and the labels of each version of a parameter, the newest first; empty where it is not there. */
  published(name: string, given?: Partial<Call>): Promise<{ value: string; labels: string[] }[]>;
  dispose(): Promise<void>;
}

export async function imageWorld(imagesFolder?: string): Promise<ImageWorld> {
  const store = await testDatabase();
  const bell = await Bell.open(store.pool);
  const sealer = sealerOf(randomBytes(32));
  const wires = { db: store.db, sealer, bell, publicUrl: 'http://127.0.0.1', findPatchNode: async () => null };
  const services = servicesOf({ ...wires, imagesFolder });
  const ask = async (serviceName: string, name: string, input: object, given: Partial<Call>): Promise<Answer> => {
    const service = services.find((one) => one.name === serviceName);
    if (service === undefined) throw new Error(`no service ${serviceName}`);
    const read = service.readInput?.(name, input) ?? (input as Record<string, unknown>);
    const call = fakeCall(store.db, { now: new Date(), ...given });
    return runOperation({ service, name, call, flush: async () => {} }, read);
  };
  const ssm: ImageWorld['ssm'] = (operation, input, given = {}) => ask('ssm', operation, input, given);
  return {
    store,
    bell,
    services,
    ask: (operation, input, given = {}) => ask('kintsugi', operation, input, given),
    ssm,
    published: async (Name, given = {}) => {
      const { Parameters } = await ssm('GetParameterHistory', { Name, MaxResults: 50 }, given).catch(() => ({
        Parameters: [],
      }));
      return Parameters.map((one: { Value: string; Labels: string[] }) => ({
        value: one.Value,
        labels: one.Labels,
      })).reverse();
    },
    dispose: async () => {
      bell.close();
      await store.dispose();
    },
  };
}

let images = 0;

/** The digest of a disk image that no other test has. */
export function newDigest(): string {
  images += 1;
  return `sha256:${images.toString(16).padStart(8, '0')}${'ab'.repeat(28)}`;
}

/** The id of an AMI that no other test has. */
export function newAmi(): string {
  images += 1;
  return `ami-${images.toString(16).padStart(17, '0')}`;
}
