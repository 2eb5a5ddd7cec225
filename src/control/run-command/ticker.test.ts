import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FakeFleet, fakeFleet } from '../../../test/fake-fleet.ts';
import type { Orchestration } from './orchestration.ts';
import { CommandEngine } from './ticker.ts';

let fleet: FakeFleet;
before(async () => {
  fleet = await fakeFleet();
});
after(() => fleet.dispose());

const once: Orchestration = async (invocation) => {
  const step = { action: 'aws:runShellScript', name: 'look', inputs: { runCommand: ['true'] } } as const;
  const replies = await invocation.send([step], { timeoutSeconds: 60 });
  return { status: replies.get('look')?.status === 'Success' ? 'Success' : 'Failed', plugins: [] };
};

test('engines of many servers bring commands to their ends by themselves, and stop cleanly', async () => {
  const errors: unknown[] = [];
  const { db, bell, now } = fleet;
  const options = { db, bell, now, findOrchestration: () => once, onError: (error: unknown) => errors.push(error) };
  const engines = Array.from({ length: 3 }, () => new CommandEngine({ ...options, beatMs: 20 }));
  const { agents, ids } = await fleet.nodes(5);
  const commands: string[] = [];
  for (const DocumentName of ['only', 'Led-once']) {
    const input = { DocumentName, InstanceIds: ids, MaxConcurrency: '2' };
    commands.push((await fleet.ask('SendCommand', input)).Command.CommandId);
  }
  const served = new Map<string, number>();
  for (let open = true; open; ) {
    for (const agent of agents) {
      for (const message of await agent.poll()) {
        served.set(message.messageId, (served.get(message.messageId) ?? 0) + 1);
        await agent.run(message, { [message.payload.DocumentContent.mainSteps[0].name]: {} });
      }
    }
    const all = await Promise.all(commands.map((id) => fleet.command(id)));
    open = all.some(({ CompletedCount }) => CompletedCount < 5);
  }
  await Promise.all(engines.map((engine) => engine.stop()));
  for (const id of commands) assert.equal((await fleet.command(id)).Status, 'Success');
  assert.deepEqual([...served.values()], Array(10).fill(1));
  assert.deepEqual(errors, []);
});

test('an engine outlives a store that is away', async () => {
  const { db, bell, now } = fleet;
  let isAway = true;
  const away = {
    ...db,
    select: ((...args: []) => {
      if (isAway) throw new Error('the store is away');
      return db.select(...args);
    }) as typeof db.select,
    transaction: db.transaction.bind(db),
    update: db.update.bind(db),
  };
  const errors: unknown[] = [];
  const onError = (error: unknown) => {
    errors.push(error);
    if (errors.length === 3) isAway = false;
  };
  const { ids, agents } = await fleet.nodes(1);
  const { Command } = await fleet.ask('SendCommand', { DocumentName: 'only', InstanceIds: ids });
  const engine = new CommandEngine({ db: away, bell, now, findOrchestration: () => once, onError, beatMs: 5 });
  for (let served = 0; served === 0; ) {
    for (const message of (await agents[0]?.poll()) ?? []) {
      await agents[0]?.run(message, { only: {} });
      served += 1;
    }
  }
  while (isAway || (await fleet.command(Command.CommandId)).Status !== 'Success')
    await new Promise((resolve) => setTimeout(resolve, 5));
  await engine.stop();
  assert.equal(errors.length, 3);
});
