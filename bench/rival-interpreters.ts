import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiOf } from '../lab/api.ts';
import { type BenchServer, startMoto } from './servers.ts';

/** Runs that many executions of the definition and answers how many seconds they took. */
export interface Interpreter {
  readonly name: string;
  seconds(definition: string, input: string, executions: number): Promise<number>;
  stop(): Promise<void>;
}

const LOCAL = 'aws-local-stepfunctions@3.0.0';

interface LocalStateMachine {
  new (definition: unknown): { run(input: unknown): { result: Promise<unknown> } };
}

/**
 * The npm package, which keeps nothing. It gets a folder of its own: as a dependency of ours it would move versions of the
 * AWS SDK that the server runs on. null where it cannot be installed.
 */
export async function localInterpreter(): Promise<Interpreter | null> {
  const folder = join(tmpdir(), `kintsugi-bench-${LOCAL}`);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'node_modules/aws-local-stepfunctions'))) {
    const words = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', LOCAL];
    if (spawnSync('npm', words, { stdio: 'ignore' }).status !== 0) return null;
  }
  const loaded = createRequire(join(folder, 'x.js'))('aws-local-stepfunctions') as { StateMachine: LocalStateMachine };
  return {
    name: `${LOCAL}, not durable`,
    seconds: async (definition, input, executions) => {
      const machine = new loaded.StateMachine(JSON.parse(definition));
      const began = performance.now();
      for (let count = 0; count < executions; count += 1) await machine.run(JSON.parse(input)).result;
      return (performance.now() - began) / 1000;
    },
    stop: async () => {},
  };
}

/**
 * moto_server with its interpreter turned on. moto 5.2.1 answers a second StartExecution with an internal error, so each
 * round has a server and one execution, whose time counts for each. null where the machine has none.
 */
export async function motoInterpreter(): Promise<Interpreter | null> {
  const found = await startMoto();
  if (found === null) return null;
  await found.stop();
  return {
    name: "moto's interpreter, not durable",
    seconds: async (definition, input, executions) => {
      const moto = await startMoto();
      if (moto === null) throw new Error('moto_server is gone');
      try {
        return (await oneExecution(moto, definition, input)) * executions;
      } finally {
        await moto.stop();
      }
    },
    stop: async () => {},
  };
}

async function oneExecution({ url, credentials }: BenchServer, definition: string, input: string): Promise<number> {
  const config = JSON.stringify({ stepfunctions: { execute_state_machine: true } });
  await fetch(`${url}/moto-api/config`, { method: 'POST', body: config });
  const ask = apiOf({ endpoint: url, region: 'us-east-1', credentials, service: 'states' });
  const roleArn = 'arn:aws:iam::123456789012:role/bench';
  const { stateMachineArn } = await ask('CreateStateMachine', { name: 'bench', definition, roleArn });
  const began = performance.now();
  const { executionArn } = await ask('StartExecution', { stateMachineArn, name: 'one', input });
  for (;;) {
    const { status, error } = await ask('DescribeExecution', { executionArn });
    if (status === 'SUCCEEDED') return (performance.now() - began) / 1000;
    if (status !== 'RUNNING') throw new Error(`moto: ${status} ${error}`);
    // Its threads share one interpreter with the answers to these questions.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
