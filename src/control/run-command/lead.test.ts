import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'drizzle-orm';
import type { FakeAgent } from '../../../test/fake-agent.ts';
import { type FakeFleet, fakeFleet } from '../../../test/fake-fleet.ts';
import type { DocumentStep } from './carried-output.ts';
import { lead, takeLeads } from './lead.ts';
import { limitNode } from './limit-node.ts';
import type { LedInvocation, Orchestration } from './orchestration.ts';

let fleet: FakeFleet;
before(async () => {
  fleet = await fakeFleet();
});
after(() => fleet.dispose());

function step(name: string): DocumentStep {
  return { action: 'aws:runShellScript', name, inputs: { runCommand: ['true'] } };
}

/** Look, install, look again: three messages, each with what the node told in the one before. */
const procedure: Orchestration = async (invocation: LedInvocation) => {
  let said = 'start';
  for (const name of ['look', 'install', 'proof']) {
    const replies = await invocation.send([step(`${name}-after-${said}`)], { timeoutSeconds: 300 });
    said = replies.values().next().value?.standardOutput ?? 'nothing';
  }
  const texts = { output: said, standardOutput: said, standardError: '', startedAt: null, endedAt: null };
  return { status: 'Success', plugins: [{ name: 'Led-patch', status: 'Success', code: 0, ...texts }] };
};

const server = (find = procedure) => {
  const leader = { db: fleet.db, bell: fleet.bell, find: () => find, now: fleet.now };
  const halt = new AbortController();
  return {
    halt,
    /** Leads what nobody leads; answers when all of it has ended. */
    take: async () => {
      const rows = await takeLeads(leader, 10);
      return { count: rows.length, end: Promise.all(rows.map((row) => lead(leader, row, halt.signal))) };
    },
  };
};

async function nextMessage(agent: FakeAgent | undefined) {
  for (;;) {
    const [message] = (await agent?.poll()) ?? [];
    if (message !== undefined) return message;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Ends the node's next message with `out`; answers the name of its step. */
async function answer(agent: FakeAgent | undefined, out: string): Promise<string> {
  const message = await nextMessage(agent);
  const name: string = message.payload.DocumentContent.mainSteps[0].name;
  assert.equal(message.messageId, `aws.ssm.${message.payload.CommandId}.${agent?.instanceId}`);
  await agent?.run(message, { [name]: { out } });
  return name;
}

test('a procedure of the server takes several messages, and shows as one command', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const CommandId = await fleet.send({ DocumentName: 'Led-patch', InstanceIds: ids });
  const { count, end } = await server().take();
  assert.equal(count, 1);
  assert.equal(await answer(agents[0], 'a'), 'look-after-start');
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['InProgress']);
  assert.equal(await answer(agents[0], 'b'), 'install-after-a');
  assert.equal(await answer(agents[0], 'c'), 'proof-after-b');
  await end;
  const { Status, CompletedCount } = await fleet.command(CommandId);
  assert.deepEqual([Status, CompletedCount], ['Success', 1]);
  const told = await fleet.ask('GetCommandInvocation', { CommandId, InstanceId: ids[0], PluginName: 'Led-patch' });
  assert.equal(told.StandardOutputContent, 'c');
});

test('when its server dies another one leads it from the beginning, and the dead one counts no more', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const CommandId = await fleet.send({ DocumentName: 'Led-patch', InstanceIds: ids });
  const dead = await server().take();
  assert.equal(await answer(agents[0], 'a'), 'look-after-start');
  const abandoned = await nextMessage(agents[0]);
  assert.equal((await server().take()).count, 0, 'the lead is taken');
  await fleet.leadsRunOut();
  const other = await server().take();
  assert.equal(other.count, 1);
  await agents[0]?.run(abandoned, { 'install-after-a': { out: 'too late' } });
  assert.equal(await answer(agents[0], 'x'), 'look-after-start');
  assert.equal(await answer(agents[0], 'y'), 'install-after-x');
  assert.equal(await answer(agents[0], 'z'), 'proof-after-y');
  await Promise.all([dead.end, other.end]);
  assert.equal((await fleet.command(CommandId)).Status, 'Success');
  const { rows } = await fleet.pool.query('SELECT ordinal FROM message WHERE command_id = $1 ORDER BY 1', [CommandId]);
  assert.deepEqual(
    rows.map(({ ordinal }) => ordinal),
    [0, 1, 2, 3, 4],
  );
});

test('a server that stops gives its leads up at once', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const CommandId = await fleet.send({ DocumentName: 'Led-patch', InstanceIds: ids });
  const stopping = server();
  const { end } = await stopping.take();
  await nextMessage(agents[0]);
  stopping.halt.abort();
  await end;
  const other = await server().take();
  assert.equal(other.count, 1);
  for (const out of ['a', 'b', 'c']) await answer(agents[0], out);
  await other.end;
  assert.equal((await fleet.command(CommandId)).Status, 'Success');
});

test('a server that slept takes over from itself, and what it did before it slept counts no more', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const CommandId = await fleet.send({ DocumentName: 'Led-patch', InstanceIds: ids });
  const one = server();
  const asleep = await one.take();
  const abandoned = await nextMessage(agents[0]);
  await fleet.leadsRunOut();
  const awake = await one.take();
  assert.equal(awake.count, 1);
  await agents[0]?.run(abandoned, { 'look-after-start': { out: 'too late' } });
  await asleep.end;
  for (const [out, name] of [
    ['a', 'look-after-start'],
    ['b', 'install-after-a'],
    ['c', 'proof-after-b'],
  ] as const)
    assert.equal(await answer(agents[0], out), name);
  await awake.end;
  assert.equal((await fleet.command(CommandId)).Status, 'Success');
});

test('a store that is away for a moment fails nothing: the procedure is led again from the beginning', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const CommandId = await fleet.send({ DocumentName: 'Led-patch', InstanceIds: ids });
  const cut: Orchestration = async ({ db }) => {
    await db.execute(sql`SELECT pg_terminate_backend(pg_backend_pid())`);
    return { status: 'Success', plugins: [] };
  };
  await assert.rejects(async () => (await server(cut).take()).end);
  assert.deepEqual(await fleet.details(CommandId), ['Pending']);
  assert.equal((await server().take()).count, 0, 'not at once: the store may need its time');
  await fleet.leadsRunOut();
  const { end } = await server().take();
  for (const out of ['a', 'b', 'c']) await answer(agents[0], out);
  await end;
  assert.equal((await fleet.command(CommandId)).Status, 'Success');
});

test('what was found out is kept only while the lead lasts', async () => {
  const { ids } = await fleet.nodes(1);
  const CommandId = await fleet.send({ DocumentName: 'Led-patch', InstanceIds: ids });
  let told: unknown = null;
  const late: Orchestration = async ({ whileLeading }) => {
    const second = { db: fleet.db, bell: fleet.bell, find: () => null, now: fleet.now };
    const ahead = { ...second, now: () => new Date(fleet.now().getTime() + 3_600_000) };
    assert.deepEqual(await takeLeads(ahead, 10), [], 'a server whose clock is ahead takes nothing');
    await fleet.leadsRunOut();
    const other = await takeLeads(second, 10);
    assert.equal(other.length, 1);
    let isKept = false;
    told = await whileLeading(async () => {
      isKept = true;
    }).catch((error: unknown) => error);
    assert.equal(isKept, false);
    return { status: 'Success', plugins: [] };
  };
  await (await server(late).take()).end;
  assert.match(String(told), /does not go on/);
  assert.deepEqual(await fleet.details(CommandId), ['Pending']);
  await fleet.ask('CancelCommand', { CommandId });
});

test('a node that takes no message, or does not tell its end, is told so by the procedure and ends it', async () => {
  const { agents, ids } = await fleet.nodes(2);
  const heard: string[] = [];
  const patient: Orchestration = async ({ send }) => {
    await send([step('look')], { timeoutSeconds: 300 }).catch((error: Error) => {
      heard.push(error.message.replace(/^\S+ /, ''));
      throw error;
    });
    return { status: 'Success', plugins: [] };
  };
  const CommandId = await fleet.send({ DocumentName: 'Led-patch', InstanceIds: ids, TimeoutSeconds: 30 });
  const { end } = await server(patient).take();
  await agents[0]?.acknowledge((await nextMessage(agents[0])).messageId);
  await agents[0]?.reply(`aws.ssm.${CommandId}.${ids[0]}`, 'InProgress', {});
  await fleet.beat();
  fleet.pass(31);
  await fleet.beat();
  fleet.pass(331);
  await end;
  assert.deepEqual(heard.sort(), ['did not take its message in time.', 'did not tell the end of its message in time.']);
  assert.deepEqual((await fleet.details(CommandId)).sort(), ['DeliveryTimedOut', 'ExecutionTimedOut']);
});

test('a procedure that fails, or that nobody knows, fails the command and tells why', async () => {
  const { ids } = await fleet.nodes(1);
  const broken: Orchestration = async () => {
    throw new Error('no baseline\0');
  };
  const CommandId = await fleet.send({ DocumentName: 'Led-patch', InstanceIds: ids });
  await (await server(broken).take()).end;
  const told = await fleet.ask('GetCommandInvocation', { CommandId, InstanceId: ids[0] });
  assert.equal(told.Status, 'Failed');
  assert.equal(told.StandardErrorContent, 'no baseline\ufffd');
});

test('cancelling a procedure stops its message, and nothing more is sent', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const CommandId = await fleet.send({ DocumentName: 'Led-patch', InstanceIds: ids });
  const { end } = await server().take();
  const message = await nextMessage(agents[0]);
  await agents[0]?.acknowledge(message.messageId);
  await fleet.beat();
  await fleet.ask('CancelCommand', { CommandId });
  assert.deepEqual((await nextMessage(agents[0])).payload, { CancelMessageId: message.messageId });
  await agents[0]?.reply(message.messageId, 'Cancelled', { look: { status: 'Cancelled', code: 137 } });
  await fleet.beat();
  await end;
  assert.equal((await fleet.command(CommandId)).Status, 'Cancelled');
  const { rows } = await fleet.pool.query("SELECT 1 FROM message WHERE command_id = $1 AND kind = 'send'", [CommandId]);
  assert.equal(rows.length, 1);
});

test('a procedure is not begun, nor taken up again, on a node that has become scan-only', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const limit = (isScanOnly: boolean) => {
    const by = { principal: 'arn:test', requestId: 'r', now: fleet.now() };
    return limitNode(fleet.db, { account: '000000000000', instanceId: ids[0] ?? '', isScanOnly, ...by });
  };
  const InstanceIds = ids;
  const begun = await fleet.send({ DocumentName: 'Led-patch', InstanceIds });
  const first = server();
  const taken = await first.take();
  assert.equal(await answer(agents[0], 'a'), 'look-after-start');
  const install = await nextMessage(agents[0]);
  const fresh = await fleet.send({ DocumentName: 'Led-patch', InstanceIds });
  first.halt.abort();
  await taken.end;
  await limit(true);
  const second = await server().take();
  assert.equal(second.count, 2);
  await second.end;
  for (const [CommandId, text] of [
    [begun, /scan-only.* What the node had begun of it goes on there\.$/],
    [fresh, /scan-only.*allows the rest\.$/],
  ] as const) {
    const told = await fleet.ask('GetCommandInvocation', { CommandId, InstanceId: ids[0] });
    assert.equal(told.Status, 'Failed');
    assert.match(told.StandardErrorContent, text);
  }
  assert.ok(install);
  assert.deepEqual(await agents[0]?.poll(), []);
});

test('a document that is sent once is waited for by the server that takes over, and sent by nobody again', async () => {
  const { agents, Targets } = await fleet.nodes(1);
  const [agent] = agents;
  const content = { schemaVersion: '2.2', mainSteps: [step('hook')] };
  const document = { name: 'Hook', content, parameters: {}, executionSeconds: 300 };
  const texts = { output: '', standardOutput: '', standardError: '', startedAt: null, endedAt: null };
  const hooked: Orchestration = async (invocation) => {
    const before = await invocation.wasRun('PreInstallHook');
    const { outcome, steps } = await invocation.runOnce('PreInstallHook', document);
    const name = `${before} ${outcome} ${steps.map(({ standardOutput }) => standardOutput).join()}`;
    return { status: 'Success', plugins: [{ name, status: 'Success', code: 0, ...texts }] };
  };
  const commandId = await fleet.send({ DocumentName: 'Led-hooks', Targets });
  const first = server(hooked);
  const leading = await first.take();
  assert.equal(leading.count, 1);
  const message = await nextMessage(agent);
  assert.equal(message.payload.DocumentName, 'Hook');
  first.halt.abort();
  await leading.end;
  const second = await server(hooked).take();
  assert.equal(second.count, 1);
  await agent?.run(message, { hook: { out: 'ran' } });
  await second.end;
  await fleet.beat();
  const { CommandInvocations } = await fleet.ask('ListCommandInvocations', { CommandId: commandId, Details: true });
  assert.deepEqual(
    CommandInvocations[0].CommandPlugins.map(({ Name }: { Name: string }) => Name),
    ['true Success ran'],
  );
  assert.deepEqual(await agent?.poll(), [], 'the hook is not sent again');
});
