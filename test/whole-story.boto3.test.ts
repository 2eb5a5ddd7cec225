import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyAudit } from '../src/control/audit/verify.ts';
import { ACCOUNT } from '../src/gateway/run-server.ts';
import { httpWire } from './agent-wire.ts';
import { type FakeAgent, fakeAgent, type Received } from './fake-agent.ts';
import { REGION, startWholeServer, type WholeServer } from './whole-server.ts';

const STORY = join(import.meta.dirname, 'boto3_story.py');
const skip = spawnSync('python3', ['-c', 'import boto3']).status === 0 ? false : 'no boto3 on this machine';

function python(fleet: WholeServer, ...args: string[]): Promise<Record<string, string>> {
  const settings = { env: { ...fleet.env, PYTHONDONTWRITEBYTECODE: '1' }, encoding: 'utf8' as const };
  return new Promise((resolve, reject) => {
    execFile('python3', [STORY, ...args], settings, (error, stdout, stderr) =>
      error === null ? resolve(JSON.parse(stdout)) : reject(new Error(stderr || error.message)),
    );
  });
}

/** Does what the story's two scripts would do. */
async function play(agent: FakeAgent, message: Received): Promise<void> {
  const [step] = message.payload.DocumentContent.mainSteps;
  const isFailure = JSON.stringify(message.payload).includes('exit 3');
  await agent.run(message, { [step.name]: isFailure ? { status: 'Failed', code: 3 } : { out: 'told\n' } });
}

test('boto3 tells the whole story: activation, node, baselines, commands, parameters, documents, reports', {
  skip,
}, async (t) => {
  const fleet = await startWholeServer();
  t.after(fleet.dispose);
  const agent = await fakeAgent(httpWire(fleet.url, REGION), await python(fleet, 'activate'));
  await agent.heartbeat();
  let isOver = false;
  const told = python(fleet, 'story', agent.instanceId).finally(() => {
    isOver = true;
  });
  const playing = (async () => {
    while (!isOver) for (const message of await agent.poll()) await play(agent, message);
  })().catch((error) => {
    // Its last poll: the story ends with the node's own end.
    if (!/UnrecognizedClientException/.test(String(error))) throw error;
  });
  assert.equal(await told, 'told');
  await playing;
  assert.deepEqual(fleet.faults, []);
  const { problem, entries } = await verifyAudit(fleet.server.store.db, ACCOUNT);
  assert.equal(problem, null);
  assert.ok(entries > 40, `${entries} entries`);
});
