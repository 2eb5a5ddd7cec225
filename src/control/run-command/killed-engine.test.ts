import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeFleet } from '../../../test/fake-fleet.ts';

const ENGINE = join(import.meta.dirname, '../../../test/engine-process.ts');
const NODES = 24;

test('servers that are killed in the middle lose nothing and send nothing twice', async (t) => {
  const fleet = await fakeFleet();
  let engine: ChildProcess | null = null;
  t.after(async () => {
    engine?.kill('SIGKILL');
    await fleet.dispose();
  });
  const { agents, ids } = await fleet.nodes(NODES);
  const input = { DocumentName: 'only', InstanceIds: ids, MaxConcurrency: '3', MaxErrors: '100%' };
  const { CommandId } = (await fleet.ask('SendCommand', input)).Command;
  const start = async (): Promise<ChildProcess> => {
    const argv = [ENGINE, fleet.socketFolder, String(fleet.now().getTime())];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return child;
  };
  engine = await start();
  let served = 0;
  while ((await fleet.command(CommandId)).CompletedCount < NODES) {
    // Ahead of the engine's clock, so that what it queues is due here.
    fleet.pass(1);
    for (const agent of agents) {
      for (const message of await agent.poll()) {
        served += 1;
        await agent.run(message, { only: {} });
        if (served % 5 !== 0) continue;
        // It is at work on what was just told.
        engine.kill('SIGKILL');
        engine = await start();
      }
    }
  }
  assert.equal(served, NODES);
  assert.equal((await fleet.command(CommandId)).Status, 'Success');
});
