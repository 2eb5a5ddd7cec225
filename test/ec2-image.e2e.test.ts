import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AwsFront } from './aws-front.ts';
import { definitionOf, taskStates } from './definition-states.ts';
import type { Ec2Account } from './ec2-account.ts';
import { emulatedAws, SKIP_WITHOUT_MOTO as skip } from './emulated-aws.ts';
import { BASE_IMAGE } from './moto.ts';
import { type Answering, byAws, type Ended, playWithAws } from './play-with-aws.ts';
import { texts } from './query-call.ts';
import { DEAR_TASK_FAULTS, type Fault, isEndless, withFaults } from './task-faults.ts';

const DEFINITION = definitionOf('bake-ec2-image');
const INPUT = {
  Family: 'web',
  Base: { ImageId: BASE_IMAGE },
  Launch: { InstanceType: 't3.micro' },
  Tags: { Team: 'edge' },
  ShareWith: ['111122223333'],
  Checks: ['systemctl is-system-running'],
  MostLooks: 5,
};
const SHARE_FAILS: Fault = { state: 'Share', fault: 'errors without end' };
/** What has to happen before these are reached at all. */
const BEFORE: Readonly<Record<string, readonly Fault[]>> = {
  'Was it made?': [{ state: 'Create the image', fault: 'an error after the effect' }],
  'What is left of the image?': [SHARE_FAILS],
  'Deregister one': [SHARE_FAILS],
  'What is left of the snapshots?': [SHARE_FAILS],
  'Delete one': [SHARE_FAILS],
};
const INPUTS: Readonly<Record<string, object>> = {
  'Read the base from its parameter': { Base: { Parameter: '/base' } },
  'Find the newest base': { Base: { Filters: [{ Name: 'name', Values: ['debian-13-*'] }] } },
};
/** Where these cannot be had at all, the cause must say what is left. */
const CLEANING = new Set(['What is left of the build?', 'Terminate', ...Object.keys(BEFORE).slice(1)]);

let front: AwsFront;
let account: Ec2Account;
let known: Left;
let bakes = 0;

emulatedAws(async (aws) => {
  ({ front, account } = aws);
  await account.putParameter('/base', BASE_IMAGE);
  known = await there();
});

async function bake(faults: readonly Fault[], more = {}): Promise<{ ended: Ended; left: Left }> {
  bakes += 1;
  const faulty = withFaults(byAws(front.url), faults);
  const answer: Answering = (asked) => {
    front.ssm.now = asked.now;
    return faulty(asked);
  };
  const ended = await playWithAws(DEFINITION, { name: `bake-${bakes}`, input: { ...INPUT, ...more }, answer });
  const now = await there();
  const earlier = known;
  known = now;
  const added = (key: keyof Left) => now[key].filter((id) => !earlier[key].includes(id));
  return { ended, left: { instances: added('instances'), images: added('images'), snapshots: added('snapshots') } };
}

interface Left {
  readonly instances: readonly string[];
  readonly images: readonly string[];
  readonly snapshots: readonly string[];
}

async function there(): Promise<Left> {
  const [instances, images, snapshots] = await Promise.all([
    account.instances(),
    account.images(),
    account.snapshots(),
  ]);
  return { instances, images, snapshots };
}

function assertClean({ ended, left }: { ended: Ended; left: Left }, because: string): void {
  const images = ended.status === 'SUCCEEDED' ? 1 : 0;
  assert.deepEqual(left.instances, [], because);
  assert.equal(left.images.length, images, because);
  assert.equal(left.snapshots.length, images, because);
}

test('a bake gives an image with its tags, shared, and nothing else', { skip }, async () => {
  const done = await bake([]);
  assert.equal(done.ended.status, 'SUCCEEDED', done.ended.cause ?? '');
  assertClean(done, 'all went well');
  const { ImageId, BaseImageId, Family, Name } = done.ended.output as Record<string, string>;
  assert.deepEqual([ImageId, BaseImageId, Family], [done.left.images[0], BASE_IMAGE, 'web']);
  assert.match(Name ?? '', /^web-bake-1-[0-9a-f]{12}$/);
  const image = await account.ask('ec2', { Action: 'DescribeImages', 'ImageId.1': ImageId ?? '' });
  const tags = Object.fromEntries(texts(image, 'key').map((key, at) => [key, texts(image, 'value')[at]]));
  const bakeId = (Name ?? '').slice('web-'.length);
  const wanted = { 'kintsugi:base': BASE_IMAGE, 'kintsugi:bake': bakeId, 'kintsugi:baked': 'true', Team: 'edge' };
  assert.deepEqual(tags, { ...wanted, 'kintsugi:family': 'web' });
  const about = { Action: 'DescribeImageAttribute', Attribute: 'launchPermission', ImageId: ImageId ?? '' };
  assert.deepEqual(texts(await account.ask('ec2', about), 'userId'), ['111122223333']);
});

test('the newest base is found by filters, and by a parameter', { skip }, async () => {
  const byFilter = await bake([], { Base: { Filters: [{ Name: 'name', Values: ['debian-13-*'] }] } });
  assert.equal((byFilter.ended.output as Record<string, string>).BaseImageId, BASE_IMAGE, byFilter.ended.cause ?? '');
  const none = await bake([], { Base: { Filters: [{ Name: 'name', Values: ['nosuch'] }] } });
  assert.equal(none.ended.error, 'Kintsugi.NoBase');
  assertClean(none, 'no base');
  const byParameter = await bake([], { Base: { Parameter: '/base' } });
  assert.equal((byParameter.ended.output as Record<string, string>).BaseImageId, BASE_IMAGE);
  const lost = await bake([], { Base: { Parameter: '/no/such/parameter' } });
  assert.equal(lost.ended.error, 'Ssm.ParameterNotFoundException');
  assertClean(lost, 'no parameter');
});

test('a node that is not managed, not compliant or unknown gives no image', { skip }, async () => {
  front.ssm.ping = null;
  const unmanaged = await bake([]);
  front.ssm.ping = 'Online';
  assert.equal(unmanaged.ended.error, 'Kintsugi.NotManaged');
  assertClean(unmanaged, 'never managed');
  const { patches } = front.ssm;
  for (const found of [
    { MissingCount: 1, FailedCount: 0 },
    { MissingCount: 0, FailedCount: 1 },
    { MissingCount: 0 },
    null,
    { MissingCount: 0, FailedCount: 0, InstalledPendingRebootCount: 1 },
    { MissingCount: 0, FailedCount: 0, InstalledRejectedCount: 1 },
    { MissingCount: 0, FailedCount: 0, CriticalNonCompliantCount: 1 },
    { MissingCount: 0, FailedCount: 0, SecurityNonCompliantCount: 1 },
    // How this server says that it does not know.
    { MissingCount: 0, FailedCount: 0, OtherNonCompliantCount: 1 },
    { MissingCount: 0, FailedCount: 0, OperationEndTime: Date.now() / 1000 - 3600 },
    { MissingCount: 0, FailedCount: 0, Operation: 'Install' },
  ]) {
    front.ssm.patches = () => found;
    const done = await bake([]);
    assert.equal(done.ended.error, 'Kintsugi.NotCompliant', JSON.stringify(found));
    assertClean(done, JSON.stringify(found));
  }
  front.ssm.patches = patches;
});

test('what cannot be sent is refused before anything is made', { skip }, async () => {
  const cases = [
    { ShareWith: ['all'] },
    { ShareWith: [111122223333] },
    { Family: 'a/b:c' },
    { Family: 'f'.repeat(200) },
    { Tags: { Team: 1 } },
    { Checks: [7] },
    { WaitSeconds: 'soon' },
    { Activation: 7 },
    { Activation: 'mine' },
    { Base: {} },
    { Base: 'ami-1' },
  ];
  const earlier = front.calls.length;
  for (const more of cases) {
    const { ended } = await bake([], more);
    assert.match(ended.error ?? '', /^Kintsugi\.(BadInput|NoBase)$/, JSON.stringify(more));
  }
  const made = front.calls.slice(earlier).filter((call) => !call.includes(':Describe'));
  assert.deepEqual(made, []);
});

test('an answer that the network lost leaves one of each', { skip }, async () => {
  for (const action of ['RunInstances', 'CreateImage', 'StopInstances', 'TerminateInstances']) {
    front.inject(`ec2:${action}`, 'done, answer lost');
    const done = await bake([]);
    assert.equal(done.ended.status, 'SUCCEEDED', `${action}: ${done.ended.cause}`);
    assertClean(done, action);
  }
});

for (const state of taskStates(DEFINITION)) {
  test(`whatever fails at '${state}', nothing is left that should not be`, { skip }, async () => {
    for (const fault of DEAR_TASK_FAULTS) {
      const one = { state, fault };
      const done = await bake([one, ...(BEFORE[state] ?? [])], INPUTS[state]);
      assert.ok(done.ended.attempts.has(state), `'${state}' was not reached`);
      const because = `${fault}: ${done.ended.status} ${done.ended.error} ${done.ended.cause}`;
      if (!CLEANING.has(state) || !isEndless(one)) {
        assertClean(done, because);
        continue;
      }
      assert.equal(done.ended.status, 'FAILED', because);
      assert.match(done.ended.cause ?? '', /is not known|could not be terminated|by hand/, because);
    }
  });
}
