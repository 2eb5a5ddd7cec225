import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpWire } from './agent-wire.ts';
import type { AwsFront } from './aws-front.ts';
import type { Ec2Account } from './ec2-account.ts';
import { clientsAsk, emulatedAws, SKIP_WITHOUT_MOTO } from './emulated-aws.ts';
import { fakeAgent, type Received } from './fake-agent.ts';
import { BASE_IMAGE } from './moto.ts';
import { scriptedNode } from './scripted-node.ts';
import { hasAwsCli } from './server.ts';
import { REGION, startWholeServer, type WholeServer } from './whole-server.ts';

const skip = SKIP_WITHOUT_MOTO || (hasAwsCli() ? false : 'there is no AWS CLI on this machine');
const DAY = 86_400_000;
const ROLE = 'arn:aws:iam::000000000000:role/workflows';
/** Approves nothing: then there is nothing that a node which runs nothing would have to install. */
const NOTHING = ['--name', 'nothing', '--operating-system', 'DEBIAN'];

let server: WholeServer;
let front: AwsFront;
let account: Ec2Account;
const machines: Record<string, string> = {};

emulatedAws(async (aws) => {
  front = aws.front;
  account = aws.accountIn(REGION);
  clientsAsk(front);
});
before(async () => {
  if (skip) return;
  server = await startWholeServer();
  const { BaselineId } = await server.ssm('create-patch-baseline', ...NOTHING);
  await server.ssm('register-default-patch-baseline', '--baseline-id', BaselineId);
  for (const name of ['bake-ec2-image', 'reap-bakes'])
    machines[name] = (
      await sfn(
        'create-state-machine',
        '--name',
        name,
        '--role-arn',
        ROLE,
        '--definition',
        `file://documents/${name}.asl.json`,
      )
    ).stateMachineArn;
});
after(() => server?.dispose());

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
function sfn(...args: string[]): Promise<any> {
  return new Promise((resolve, reject) => {
    const options = { env: server.env, encoding: 'utf8' as const };
    execFile('aws', ['stepfunctions', ...args, '--output', 'json'], options, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(stderr.trim() || error.message));
      else resolve(stdout.trim() === '' ? {} : JSON.parse(stdout));
    });
  });
}

async function start(machine: string, input: object): Promise<string> {
  const argv = ['--state-machine-arn', machines[machine] ?? '', '--input', JSON.stringify(input)];
  return (await sfn('start-execution', ...argv)).executionArn;
}

async function ended(arn: string) {
  for (;;) {
    const told = await sfn('describe-execution', '--execution-arn', arn);
    if (told.status !== 'RUNNING') return told;
    await sleep(500);
  }
}

/** Starts a bake, and plays the instance that it launches: it registers by the activation and does what it is asked. */
async function bake(
  more: object = {},
  listsLast = 7,
): Promise<{ arn: string; over: () => void; played: Promise<unknown> }> {
  const activation = await server.ssm('create-activation', '--iam-role', 'nodes', '--registration-limit', '1');
  const known = await account.instances();
  const input = { Family: 'web', Base: { ImageId: BASE_IMAGE }, Activation: activation.ActivationId, WaitSeconds: 1 };
  const arn = await start('bake-ec2-image', { ...input, MostLooks: 60, ...more });
  let isOver = false;
  const play = async () => {
    while ((await account.instances()).every((id) => known.includes(id)) && !isOver) await sleep(100);
    if (isOver) return;
    const agent = await fakeAgent(httpWire(server.url, REGION), activation);
    await agent.heartbeat();
    const node = scriptedNode(() => new Date());
    node.expires = new Date(Date.now() + listsLast * DAY);
    while (!isOver) {
      for (const message of await agent.poll()) await agent.run(message, answers(node, message));
      await sleep(50);
    }
  };
  const over = () => {
    isOver = true;
  };
  return { arn, over, played: play() };
}

function answers(node: ReturnType<typeof scriptedNode>, { payload }: Received) {
  const steps = payload.DocumentContent.mainSteps;
  if (payload.DocumentName === 'AWS-RunShellScript') return { [steps[0].name]: { out: 'fine\n' } };
  return Object.fromEntries(
    [...node.answer(steps)].map(([name, { code, standardOutput }]) => [name, { code, out: standardOutput }]),
  );
}

async function bakedTo(more: object = {}, listsLast = 7) {
  const { arn, over, played } = await bake(more, listsLast);
  const told = await ended(arn);
  over();
  await played;
  return told;
}

test('a server bakes an AMI through StartExecution with its own Systems Manager, and nothing else is left', {
  skip,
}, async () => {
  const earlier = await account.snapshots();
  const told = await bakedTo({ Checks: ['true'] });
  assert.equal(told.status, 'SUCCEEDED', `${told.error}: ${told.cause}`);
  const { ImageId } = JSON.parse(told.output);
  assert.deepEqual(await account.images(), [ImageId]);
  assert.deepEqual(await account.instances(), []);
  assert.equal((await account.snapshots()).length, earlier.length + 1);
  assert.deepEqual(server.faults, []);
});

test('a machine of which the server does not know how it stands gives no image, and is gone', { skip }, async () => {
  const images = await account.images();
  const told = await bakedTo({}, -1);
  assert.equal(told.error, 'Kintsugi.NotCompliant');
  assert.match(told.cause, /0 missing, 0 failed, .* 1 other \(one that is not counted before them/);
  assert.deepEqual([await account.instances(), await account.images()], [[], images]);
});

test('one whose image cannot be shared leaves nothing', { skip }, async () => {
  const before = { images: await account.images(), snapshots: await account.snapshots() };
  front.inject('ec2:ModifyImageAttribute', 'refused', 1, 9);
  const told = await bakedTo({ ShareWith: ['111122223333'] });
  assert.equal(told.status, 'FAILED');
  assert.equal(told.error, 'Ec2.Ec2Exception', told.cause);
  assert.deepEqual({ images: await account.images(), snapshots: await account.snapshots() }, before);
  assert.deepEqual(await account.instances(), []);
});

test('what a bake leaves that was stopped, reap-bakes takes away', { skip }, async () => {
  const images = await account.images();
  const { arn, over, played } = await bake();
  while ((await account.instances()).length === 0) await sleep(100);
  await sfn('stop-execution', '--execution-arn', arn);
  over();
  await played;
  const [left] = await account.instances();
  const reaped = await ended(await start('reap-bakes', { MaxHours: 0.0001, WaitSeconds: 1 }));
  assert.equal(reaped.status, 'SUCCEEDED', `${reaped.error}: ${reaped.cause}`);
  assert.deepEqual(JSON.parse(reaped.output), { Terminated: [left], Deregistered: [], Deleted: [] });
  assert.deepEqual([await account.instances(), await account.images()], [[], images]);
});
