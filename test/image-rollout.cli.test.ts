import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AwsFront } from './aws-front.ts';
import type { Ec2Account } from './ec2-account.ts';
import { clientsAsk, emulatedAws, SKIP_WITHOUT_MOTO as skip } from './emulated-aws.ts';
import { type Kintsugi, kintsugi } from './kintsugi.ts';
import { BASE_IMAGE } from './moto.ts';
import { texts } from './query-call.ts';
import { REGION, startWholeServer, type WholeServer } from './whole-server.ts';

let server: WholeServer;
let command: Kintsugi;
let front: AwsFront;
let account: Ec2Account;
const cleanups: (() => unknown)[] = [];

emulatedAws(async (aws) => {
  front = aws.front;
  account = aws.accountIn(REGION);
  clientsAsk(front);
});
before(async () => {
  if (skip) return;
  server = await startWholeServer();
  command = await kintsugi({ after: (clean: () => unknown) => void cleanups.push(clean) } as never);
});
after(async () => {
  for (const clean of cleanups) await clean();
  await server?.dispose();
});

const image = (...args: string[]) => command.run(['image', ...args], server.env);

/** A family whose gold is an AMI of its own, and a group with two instances of the image before. */
async function world(name: string): Promise<{ ami: string; template: string }> {
  const run = { Action: 'RunInstances', ImageId: BASE_IMAGE, MinCount: '1', MaxCount: '1' };
  const id = texts(await account.ask('ec2', run), 'instanceId')[0] ?? '';
  const made = await account.ask('ec2', { Action: 'CreateImage', InstanceId: id, Name: name });
  const ami = texts(made, 'imageId')[0] ?? '';
  const launch = await account.ask('ec2', {
    Action: 'CreateLaunchTemplate',
    LaunchTemplateName: name,
    'LaunchTemplateData.ImageId': BASE_IMAGE,
    'LaunchTemplateData.InstanceType': 't3.micro',
  });
  const template = texts(launch, 'launchTemplateId')[0] ?? '';
  await account.ask('autoscaling', {
    Action: 'CreateAutoScalingGroup',
    AutoScalingGroupName: name,
    'LaunchTemplate.LaunchTemplateId': template,
    'LaunchTemplate.Version': '1',
    MinSize: '2',
    MaxSize: '4',
    DesiredCapacity: '2',
    'AvailabilityZones.member.1': `${REGION}a`,
  });
  assert.equal((await image('register', `${name}@${ami}`, '--parent', 'none')).status, 0);
  assert.equal((await image('promote', name, '--to', 'staging')).status, 0);
  assert.equal((await image('promote', name, '--to', 'gold')).status, 0);
  return { ami, template };
}

const rollOut = (name: string, ...more: string[]) => image('rollout', name, '--to', name, '--look-every', '1', ...more);

test('a rollout is followed to its end, with its steps and what runs now', { skip }, async () => {
  const { ami, template } = await world('web');
  const { status, stdout, stderr } = await rollOut('web');
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, new RegExp(`^Rolls out: ${ami}, gold of web, to the Auto Scaling group web\\.\\n`));
  for (const step of [
    '+ the image is there, and not revoked',
    '+ version 2 of the launch template has the image',
    '> refresh in progress, 50 %, 1 instance to go',
    '+ refresh over',
    '+ the gate: 2 of 2 in service and healthy',
    '+ it is the default version of the launch template',
  ])
    assert.ok(stderr.includes(`  ${step}\n`), `${step}\n${stderr}`);
  assert.match(stdout, new RegExp(`Rolled out: every instance of web runs ${ami}\\.\\n  Version 2 is the default`));
  assert.match(stdout, new RegExp(`before it ran version 1, ${BASE_IMAGE}`));
  assert.equal(await account.defaultVersion(template), '2');
  const again = await rollOut('web', '--json');
  assert.deepEqual([again.status, JSON.parse(again.stdout).Status, again.stderr], [0, 'SUCCEEDED', '']);
});

test('one whose instances do not get well is turned back, its image revoked, and the words say so', {
  skip,
}, async () => {
  const { ami, template } = await world('bad');
  front.refreshes.broken.add('2');
  const { status, stdout, stderr } = await rollOut('bad');
  front.refreshes.broken.clear();
  assert.equal(status, 8, stdout + stderr);
  assert.match(stderr, /x the image is revoked: nothing rolls it out again\n/);
  assert.match(stderr, /\+ refresh rolled back/);
  assert.match(stderr, new RegExp(`The rollout of ${ami} to bad failed\\. Kintsugi\\.RolloutFailed: .*did not become`));
  assert.match(stderr, /The group is as it was: it runs version 1 of its launch template\./);
  assert.match(stderr, new RegExp(`${ami} is revoked, and bad has no gold image now: bake another one`));
  assert.deepEqual([...new Set((await account.group('bad')).members.map((one) => one.version))], ['1']);
  assert.equal(await account.defaultVersion(template), '1');
  const refused = await rollOut('bad');
  assert.deepEqual([refused.status, /is revoked since/.test(refused.stderr)], [9, true]);
});

test('one that cannot begin changes nothing and is told as refused', { skip }, async () => {
  await world('lost');
  const { status, stderr } = await image('rollout', 'lost', '--to', 'no-such-group', '--look-every', '1');
  assert.equal(status, 9, stderr);
  assert.match(stderr, /to no-such-group did not begin\. Kintsugi\.NoLaunchTemplate: .*No instance was replaced/s);
  for (const bad of ['0', '3601', 'soon'])
    assert.equal((await image('rollout', 'lost', '--to', 'lost', '--look-every', bad)).status, 2, bad);
});

test('Ctrl-C leaves it running and says how to follow it again and how to stop it', { skip }, async () => {
  await world('long');
  front.refreshes.held.add('long');
  const args = ['image', 'rollout', 'long', '--to', 'long', '--look-every', '1'];
  const first = command.start(args, server.env);
  await first.until(/refresh in progress/);
  first.child.kill('SIGINT');
  const left = await first.ended;
  assert.equal(left.status, 0, left.stderr);
  assert.match(left.stderr, /the rollout goes on in the server\n {2}`kintsugi image rollout long --to long` follows/);
  const name = /`kintsugi workflow stop (\S+)`/.exec(left.stderr)?.[1] ?? '';
  const second = command.start(args, server.env);
  await second.until(/Already under way/);
  await second.until(/refresh in progress/);
  const [shown] = JSON.parse(
    (await command.run(['workflow', 'list', '--status', 'RUNNING', '--json'], server.env)).stdout,
  );
  assert.equal(shown.name, name);
  front.refreshes.held.clear();
  const ended = await second.ended;
  assert.equal(ended.status, 0, ended.stderr);
});

test('a rollout is stopped by its name, and the words say that Auto Scaling goes on and how to turn it back', {
  skip,
}, async () => {
  await world('stop');
  front.refreshes.held.add('stop');
  const going = command.start(['image', 'rollout', 'stop', '--to', 'stop', '--look-every', '1'], server.env);
  await going.until(/refresh in progress/);
  const [one] = JSON.parse(
    (await command.run(['workflow', 'list', '--status', 'RUNNING', '--json'], server.env)).stdout,
  );
  const stopped = await command.run(['workflow', 'stop', one.name, '--reason', 'the wrong image'], server.env);
  assert.equal(stopped.status, 0, stopped.stderr);
  const back = `aws autoscaling rollback-instance-refresh --auto-scaling-group-name stop --region ${REGION}`;
  assert.ok(stopped.stdout.includes(back), stopped.stdout);
  const ended = await going.ended;
  assert.equal(ended.status, 8);
  assert.match(ended.stderr, /to stop was stopped before its end \(the wrong image\)\.\n.*goes on replacing/s);
  assert.ok(ended.stderr.includes(back), ended.stderr);
  front.refreshes.held.clear();
});
