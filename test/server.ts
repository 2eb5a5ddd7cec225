import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createAccessKey, type NewKey } from '../src/control/access-keys/access-keys.ts';
import type { Role } from '../src/control/call.ts';
import { findPatchNode } from '../src/control/patch-manager/patch-nodes.ts';
import { loadModel } from '../src/gateway/model/load.ts';
import type { Model } from '../src/gateway/model/model.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../src/gateway/server.ts';
import type { Service } from '../src/gateway/service.ts';
import { keysOf, pagesOf, servicesOf } from '../src/gateway/wiring.ts';
import { Bell } from '../src/store/bell.ts';
import { type Sealer, sealerOf } from '../src/store/sealer.ts';
import { shapeProblems } from './answer-shape.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { type Credentials, sign } from './sign.ts';

const ACCOUNT = '000000000000';
const REGION = 'eu-west-1';

/** What the services of a test are made of. */
export interface Ground {
  readonly store: TestDatabase;
  readonly sealer: Sealer;
}

type Plan = Partial<Omit<GatewayOptions, 'db' | 'services'>> & {
  /** Without it all that the server has. */
  readonly services?: (ground: Ground) => readonly Service[];
};

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; an empty object where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly json: any;
}

export interface TestServer extends Ground {
  readonly gateway: Gateway;
  readonly bell: Bell;
  readonly admin: NewKey;
  /** Environment of the AWS CLI and of SDKs, with the admin's key. */
  readonly env: Readonly<Record<string, string>>;
  newKey(role: Exclude<Role, 'node'>): Promise<NewKey>;
  /** A signed call in this process; `null` credentials leave the signature out. Answers are held against the model. */
  call(service: string, operation: string, input: unknown, credentials?: Credentials | null): Promise<Reply>;
  /** Runs `aws ARGS --output json` against the server and answers what it printed; throws what it complained of. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  aws(...args: string[]): Promise<any>;
  dispose(): Promise<void>;
}

const TARGETS: Readonly<Record<string, string>> = {
  ssm: 'AmazonSSM',
  ec2messages: 'EC2WindowsMessageDeliveryService',
  kintsugi: 'Kintsugi',
  states: 'AWSStepFunctions',
};
const MODELS: Readonly<Record<string, Model>> = {
  ssm: loadModel('ssm', 'node'),
  ec2messages: loadModel('ec2messages'),
  states: loadModel('states'),
};

/** True where this machine has the AWS CLI. */
export function hasAwsCli(): boolean {
  return spawnSync('aws', ['--version']).status === 0;
}

/** A gateway on a free loopback port over a database of its own: `const server = await startTestServer()`. */
export async function startTestServer({ services, ...options }: Plan = {}): Promise<TestServer> {
  const store = await testDatabase();
  const { db } = store;
  const sealer = sealerOf(randomBytes(32));
  const ground = { store, sealer };
  const bell = await Bell.open(store.pool);
  const wires = { db, sealer, bell, publicUrl: () => gateway.url, findPatchNode };
  const place = { db, region: REGION, host: '127.0.0.1', port: 0, keys: keysOf(wires), pages: pagesOf(wires) };
  const gateway = await startGateway({ ...place, ...options, services: services?.(ground) ?? servicesOf(wires) });
  const newKey = (role: Exclude<Role, 'node'>) =>
    createAccessKey(store.db, sealer, { account: ACCOUNT, role, now: new Date() });
  const admin = await newKey('admin');
  const env = {
    AWS_ACCESS_KEY_ID: admin.accessKeyId,
    AWS_SECRET_ACCESS_KEY: admin.secretAccessKey,
    AWS_DEFAULT_REGION: REGION,
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: gateway.url,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
  };
  return {
    ...ground,
    gateway,
    bell,
    admin,
    env,
    newKey,
    call: (service, operation, input, credentials = admin) =>
      callServer(gateway.url, `${TARGETS[service] ?? service}.${operation}`, service, input, credentials),
    aws: (...args) => runAws(env, args),
    dispose: async () => {
      await gateway.close();
      await bell.close();
      await store.dispose();
    },
  };
}

/** `input` is sent as JSON, or as it is where it is text or bytes. */
async function callServer(
  url: string,
  target: string,
  service: string,
  input: unknown,
  credentials: Credentials | null,
): Promise<Reply> {
  const body = typeof input === 'string' || Buffer.isBuffer(input) ? input : JSON.stringify(input);
  const { host } = new URL(url);
  const headers = { host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  const outgoing = { method: 'POST', url: '/', headers, body };
  const signed =
    credentials === null ? headers : sign(outgoing, credentials, { service, region: REGION, now: new Date() });
  const reply = await replyOf(await fetch(url, { method: 'POST', headers: signed, body }));
  const model = MODELS[service];
  if (reply.status !== 200 || model === undefined) return reply;
  const problems = shapeProblems(model, target.split('.')[1] ?? '', reply.json);
  assert.deepEqual(problems, [], 'the answer is not of the shape that clients know');
  return reply;
}

async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = text.startsWith('{');
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} };
}

async function runAws(env: Readonly<Record<string, string>>, args: readonly string[]): Promise<unknown> {
  const { PATH = '', HOME = '/' } = process.env;
  const settings = { env: { PATH, HOME, ...env }, maxBuffer: 64 * 1024 * 1024 };
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile('aws', [...args, '--output', 'json'], settings, (error, out, err) =>
      error === null ? resolve(out) : reject(new Error(err.trim())),
    );
  });
  return stdout.trim() === '' ? {} : JSON.parse(stdout);
}
