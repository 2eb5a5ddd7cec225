import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, apiOf } from '../lab/api.ts';
import { closedPort } from '../lab/port.ts';
import { createAccessKey } from '../src/control/access-keys/access-keys.ts';
import { EMPTY_KNOWLEDGE } from '../src/core/advisories/knowledge.ts';
import { ACCOUNT, runServer, type Server, type ServerOptions } from '../src/gateway/run-server.ts';

export const REGION = 'eu-central-1';

/** A whole server over a data directory of its own, and the AWS CLI as its client. */
export interface WholeServer {
  readonly server: Server;
  readonly url: string;
  /** What the engine complained of. */
  readonly faults: unknown[];
  /** Environment of the AWS CLI and of SDKs, with an admin's key. */
  readonly env: Readonly<Record<string, string>>;
  /** With the same key, from this process: to wait for something, where each start of the AWS CLI takes a second. */
  readonly ask: Api;
  /** `aws ssm ARGS --output json`; throws what it complained of. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  ssm(...args: string[]): Promise<any>;
  dispose(): Promise<void>;
}

export async function startWholeServer(more: Partial<ServerOptions> = {}): Promise<WholeServer> {
  const home = mkdtempSync(join(tmpdir(), 'kt-fleet-'));
  const faults: unknown[] = [];
  const server = await runServer({
    home,
    databaseUrl: null,
    host: '127.0.0.1',
    port: await closedPort(),
    region: REGION,
    publicUrl: null,
    knowledge: async () => EMPTY_KNOWLEDGE,
    onError: (error) => faults.push(error),
    ...more,
  });
  const key = await createAccessKey(server.store.db, server.sealer, {
    account: ACCOUNT,
    role: 'admin',
    now: new Date(),
  });
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_DEFAULT_REGION: REGION,
    AWS_ENDPOINT_URL: server.url,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    // StartSyncExecution goes to `sync-HOST` otherwise, which no address on loopback has.
    AWS_DISABLE_HOST_PREFIX_INJECTION: 'true',
    AWS_PAGER: '',
  };
  const ask = apiOf({ endpoint: server.url, region: REGION, credentials: key });
  const ssm = (...args: string[]) =>
    new Promise<unknown>((resolve, reject) => {
      const options = { env, encoding: 'utf8' as const, maxBuffer: 64 * 1024 * 1024 };
      execFile('aws', ['ssm', ...args, '--output', 'json'], options, (error, stdout, stderr) => {
        if (error !== null) reject(new Error(stderr.trim() || error.message));
        else resolve(stdout.trim() === '' ? {} : JSON.parse(stdout));
      });
    });
  return {
    server,
    url: server.url,
    faults,
    env,
    ask,
    ssm,
    dispose: async () => {
      await server.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The command as `list-command-invocations` tells of it once it is over. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export async function commandEnd(fleet: WholeServer, commandId: string): Promise<any> {
  const isOver = async () => {
    const { Commands } = await fleet.ask('ListCommands', { CommandId: commandId });
    return Commands.length > 0 && !['Pending', 'InProgress', 'Cancelling'].includes(Commands[0].Status);
  };
  while (!(await isOver())) await sleep(200);
  const { Commands } = await fleet.ssm('list-commands', '--command-id', commandId);
  return Commands[0];
}
