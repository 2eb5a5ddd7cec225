import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FakeAgent, Received } from '../../../../test/fake-agent.ts';
import { type FakeFleet, fakeFleet } from '../../../../test/fake-fleet.ts';
import { type ScriptedNode, scriptedNode } from '../../../../test/scripted-node.ts';
import { EMPTY_KNOWLEDGE } from '../../../core/advisories/knowledge.ts';
import { lead, takeLeads } from '../../run-command/lead.ts';
import { patchBaselineOrchestration } from './orchestrate.ts';

let fleet: FakeFleet;
before(async () => {
  fleet = await fakeFleet();
});
after(() => fleet.dispose());

const HOUR_MS = 3_600_000;
let isScanOnly = false;
const procedure = patchBaselineOrchestration({
  knowledge: async () => EMPTY_KNOWLEDGE,
  isScanOnly: async () => isScanOnly,
  fetchFile: () => assert.fail('nothing is fetched'),
});

/** Leads the one invocation that nobody leads. */
async function take(name: string): Promise<{ end: Promise<void> }> {
  const leader = { db: fleet.db, bell: fleet.bell, name, find: () => procedure, now: fleet.now };
  const [row, ...others] = await takeLeads(leader, 10);
  assert.ok(row !== undefined && others.length === 0);
  return { end: lead(leader, row, new AbortController().signal) };
}

async function nextMessage(agent: FakeAgent): Promise<Received> {
  for (;;) {
    const [message] = await agent.poll();
    if (message !== undefined) return message;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The node takes its next message, does what it says and, unless it is to be silent, tells it. */
async function answer(agent: FakeAgent, node: ScriptedNode, isTold = true): Promise<string> {
  const message = await nextMessage(agent);
  const replies = node.answer(message.payload.DocumentContent.mainSteps);
  const told = [...replies].map(([name, { code, standardOutput }]) => [name, { code, out: standardOutput }]);
  if (isTold) await agent.run(message, Object.fromEntries(told));
  return node.asked.at(-1) ?? '';
}

async function begin() {
  const { agents, ids } = await fleet.nodes(1);
  const [agent] = agents;
  assert.ok(agent);
  const node = scriptedNode(fleet.now);
  node.listsAt = new Date(fleet.now().getTime() - HOUR_MS);
  const CommandId = await fleet.send({
    DocumentName: 'Led-patch',
    InstanceIds: ids,
    Parameters: { Operation: ['Scan'] },
  });
  const outputOf = async () => {
    const told = await fleet.ask('GetCommandInvocation', { CommandId, InstanceId: ids[0], PluginName: 'PatchLinux' });
    return `${told.Status}\n${told.StandardOutputContent}${told.StandardErrorContent}`;
  };
  return { agent, node, outputOf };
}

test('a server that dies after the fetch leaves lists that the next one does not fetch again', async () => {
  const { agent, node, outputOf } = await begin();
  const dead = await take('dead');
  assert.equal(await answer(agent, node), 'probe');
  assert.equal(await answer(agent, node, false), 'refresh');
  await fleet.leadsRunOut();
  const other = await take('other');
  assert.equal(await answer(agent, node), 'probe');
  await Promise.all([dead.end, other.end]);
  assert.deepEqual(node.asked, ['probe', 'refresh', 'probe']);
  assert.match(await outputOf(), /^Success\n[\s\S]*package lists: not fetched again, for they are minutes old/);
});

test('a server that dies before the node has fetched leaves that to the next one', async () => {
  const { agent, node, outputOf } = await begin();
  const dead = await take('dead');
  assert.equal(await answer(agent, node), 'probe');
  await nextMessage(agent);
  await fleet.leadsRunOut();
  const other = await take('other');
  for (const what of ['probe', 'refresh', 'probe']) assert.equal(await answer(agent, node), what);
  await Promise.all([dead.end, other.end]);
  assert.match(await outputOf(), /^Success\n[\s\S]*package lists: fetched by this run/);
});

test('a node that becomes scan-only after the look is not changed any more', async (t) => {
  const { agent, node, outputOf } = await begin();
  const { end } = await take('one');
  const message = await nextMessage(agent);
  isScanOnly = true;
  t.after(() => {
    isScanOnly = false;
  });
  const replies = node.answer(message.payload.DocumentContent.mainSteps);
  await agent.run(message, Object.fromEntries([...replies].map(([name, { standardOutput: out }]) => [name, { out }])));
  await end;
  assert.deepEqual(node.asked, ['probe']);
  assert.match(await outputOf(), /^Success\n/);
});
