import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AwsFront } from './aws-front.ts';
import { definitionOf, taskStates } from './definition-states.ts';
import type { Ec2Account, Group } from './ec2-account.ts';
import { emulatedAws, SKIP_WITHOUT_MOTO as skip } from './emulated-aws.ts';
import { BASE_IMAGE } from './moto.ts';
import { type Answering, byAws, type Ended, playWithAws, REDRIVEN, REGION } from './play-with-aws.ts';
import { texts } from './query-call.ts';
import { DEAR_TASK_FAULTS, type Fault, isEndless, withFaults } from './task-faults.ts';

const DEFINITION = definitionOf('roll-out-auto-scaling-group');
const NEVER_WELL = 'broken' as const;
const ILL_LATER = 'sick' as const;

interface Setting {
  /** How the instances of the new image fare. */
  readonly image?: typeof NEVER_WELL | typeof ILL_LATER;
  readonly before?: readonly Fault[];
  readonly input?: object;
  /** The group's version as it was made with. */
  readonly version?: string;
}
/** How these are reached. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  'Pin the group': { version: '$Latest' },
  'Whose refresh runs?': { before: [{ state: 'Refresh the instances', fault: 'a time-out after the effect' }] },
  Revoke: { image: NEVER_WELL },
  'Which refresh is the last?': { image: NEVER_WELL },
  'Roll back': { input: { MostLooks: 2 } },
  'Cancel the refresh': { input: { MostLooks: 2 }, before: [{ state: 'Roll back', fault: 'errors without end' }] },
  'What runs after it?': { image: ILL_LATER },
  'Return to the good version': { image: ILL_LATER },
  'Restore the default': { before: [{ state: 'Make it the default', fault: 'errors without end' }] },
};
/** Where these cannot be had at all, the cause must say how things stand. */
const WAY_BACK = new Set([
  'Revoke',
  'Which refresh is the last?',
  'What runs after it?',
  'Return to the good version',
  'Restore the default',
]);

const BEFORE_ANY_VERSION = new Set([
  ...['Is the image revoked?', 'Is the image there?', 'Look at the group', 'Does a refresh run?'],
  ...['Note what runs now', 'Pin the group', 'Is it revoked before it is used?', 'Make a version with the image'],
]);
const BEFORE_ANY_REFRESH = new Set([
  ...BEFORE_ANY_VERSION,
  ...['Is it revoked before the refresh?', 'Refresh the instances'],
]);

let front: AwsFront;
let account: Ec2Account;
let image = '';
let rollouts = 0;
const revocation = () => `/images/revoked/${image}`;

emulatedAws(async (aws) => {
  ({ front, account } = aws);
  const run = { Action: 'RunInstances', ImageId: BASE_IMAGE, MinCount: '1', MaxCount: '1' };
  const id = texts(await account.ask('ec2', run), 'instanceId')[0] ?? '';
  const made = await account.ask('ec2', { Action: 'CreateImage', InstanceId: id, Name: 'gold' });
  image = texts(made, 'imageId')[0] ?? '';
});
interface Rollout {
  readonly ended: Ended;
  readonly group: Group;
  readonly earlier: Group;
  readonly defaultVersion: string;
  readonly revoked: string | null;
}

/** A group of its own with two instances of version 1, in which version 2 is rolled out. */
async function rollOut(
  faults: readonly Fault[],
  setting: Setting = {},
  /** What happens when a state is about to ask. */
  meanwhile: (state: string) => Promise<unknown> = async () => null,
): Promise<Rollout> {
  rollouts += 1;
  const name = `group-${rollouts}`;
  const family = `family-${rollouts}`;
  const made = await account.ask('ec2', {
    Action: 'CreateLaunchTemplate',
    LaunchTemplateName: name,
    'LaunchTemplateData.ImageId': BASE_IMAGE,
    'LaunchTemplateData.InstanceType': 't3.micro',
  });
  const template = texts(made, 'launchTemplateId')[0] ?? '';
  await account.ask('autoscaling', {
    Action: 'CreateAutoScalingGroup',
    AutoScalingGroupName: name,
    'LaunchTemplate.LaunchTemplateId': template,
    'LaunchTemplate.Version': setting.version ?? '1',
    MinSize: '2',
    MaxSize: '4',
    DesiredCapacity: '2',
    'AvailabilityZones.member.1': `${REGION}a`,
  });
  const earlier = await account.group(name);
  const input = { Family: family, ImageId: image, Group: name, MostLooks: 20, GateLooks: 2, ...setting.input };
  if (setting.image !== undefined) front.refreshes[setting.image].add('2');
  const faulty = withFaults(byAws(front.url), [...faults, ...(setting.before ?? [])]);
  const answer: Answering = async (asked) => {
    return (await meanwhile(asked.state)) === REDRIVEN ? REDRIVEN : faulty(asked);
  };
  const ended = await playWithAws(DEFINITION, { name: `rollout-${rollouts}`, input, answer });
  front.refreshes.broken.clear();
  front.refreshes.sick.clear();
  const revoked = await account.parameter(revocation());
  // All tests roll the same image out.
  await account.deleteParameter(revocation());
  const defaultVersion = await account.defaultVersion(template);
  return { ended, earlier, group: await account.group(name), defaultVersion, revoked };
}

/** All of the old or all of the new; revoked where it was tried and failed. */
function assertWhole({ ended, group, defaultVersion, revoked }: Rollout, because: string): void {
  const isNew = ended.status === 'SUCCEEDED';
  const version = isNew ? '2' : '1';
  assert.equal(group.members.length, group.wanted, because);
  assert.deepEqual([...new Set(group.members.map((one) => one.version))], [version], because);
  assert.equal(defaultVersion, version, because);
  if (group.version !== '$Latest') assert.equal(group.version, version, because);
  // That nobody can be asked is not the image's fault.
  if (isNew || /Whether the image is revoked is not known/.test(ended.cause ?? ''))
    assert.equal(revoked, null, because);
  else if (ended.attempts.has('How is the refresh?')) assert.notEqual(revoked, null, because);
}

test('a rollout replaces every instance, and then moves the default version', { skip }, async () => {
  const done = await rollOut([]);
  assert.equal(done.ended.status, 'SUCCEEDED', done.ended.cause ?? '');
  assertWhole(done, 'all went well');
  const ids = done.earlier.members.map(({ id }) => id);
  assert.ok(done.group.members.every(({ id }) => !ids.includes(id)));
  const { Before, Kept } = done.ended.output as { Before: unknown; Kept: unknown };
  assert.deepEqual(Before, { ImageId: BASE_IMAGE, LaunchTemplateVersion: '1' });
  assert.deepEqual(Kept, []);
});

test('a group that follows $Latest or $Default is held to its version until the new one is proved', {
  skip,
}, async () => {
  for (const version of ['$Latest', '$Default']) {
    const good = await rollOut([], { version });
    assert.equal(good.ended.status, 'SUCCEEDED', good.ended.cause ?? '');
    assertWhole(good, version);
    const bad = await rollOut([], { version, image: NEVER_WELL });
    assert.equal(bad.ended.error, 'Kintsugi.RolloutFailed');
    assertWhole(bad, version);
    assert.equal(bad.group.version, '1');
  }
});

test('an image whose instances do not get well is revoked, and the group is as it was', { skip }, async () => {
  const never = await rollOut([], { image: NEVER_WELL });
  assert.equal(never.ended.error, 'Kintsugi.RolloutFailed');
  assertWhole(never, 'never well');
  assert.match(never.revoked ?? '', /^Kintsugi\.RolloutFailed: /);
  const noRollback = await rollOut([], { image: NEVER_WELL, input: { Preferences: { AutoRollback: false } } });
  assertWhole(noRollback, 'without AutoRollback');
  const later = await rollOut([], { image: ILL_LATER });
  assert.equal(later.ended.error, 'Kintsugi.GateFailed', later.ended.cause ?? '');
  assertWhole(later, 'ill at the gate');
  const slow = await rollOut([], { input: { MostLooks: 2 } });
  assert.equal(slow.ended.error, 'Kintsugi.RolloutTooSlow');
  assertWhole(slow, 'too slow');
  const kept = await rollOut([], { image: NEVER_WELL, input: { RevokeOnFailure: false } });
  assert.equal(kept.revoked, null);
});

test('a revoked image is never rolled out, nor is one that is not there: nothing is changed', { skip }, async () => {
  await account.putParameter(revocation(), 'CVE-2026-0001');
  const earlier = front.calls.length;
  const revoked = await rollOut([]);
  assert.equal(revoked.ended.error, 'Kintsugi.ImageRevoked');
  assert.match(revoked.ended.cause ?? '', /CVE-2026-0001/);
  assert.deepEqual(revoked.group, revoked.earlier);
  const made = front.calls.slice(earlier).filter((call) => /CreateLaunchTemplateV|StartI|UpdateA|ModifyL/.test(call));
  assert.deepEqual(made, []);
  const gone = await rollOut([], { input: { ImageId: 'ami-00000000' } });
  assert.equal(gone.ended.error, 'Ec2.Ec2Exception');
  assert.deepEqual(gone.group, gone.earlier);
  const odd = await rollOut([], { input: { ImageId: '../x' } });
  assert.equal(odd.ended.error, 'Kintsugi.BadInput');
});

test('an image that is revoked while it is rolled out does not become the default, and the group returns', {
  skip,
}, async () => {
  for (const state of ['Refresh the instances', 'How is the refresh?', 'What runs in the group?']) {
    let isPut = false;
    const done = await rollOut([], {}, async (now) => {
      if (now !== state || isPut) return;
      isPut = true;
      await account.putParameter(revocation(), 'CVE-2026-0001');
    });
    assert.equal(done.ended.error, 'Kintsugi.ImageRevoked', done.ended.cause ?? '');
    assert.match(done.ended.cause ?? '', /was revoked while it was rolled out: CVE-2026-0001/);
    assert.equal(done.revoked, 'CVE-2026-0001');
    assertWhole(done, state);
    const replaced = done.group.members.filter(({ id }) => !done.earlier.members.some((one) => one.id === id));
    if (state === 'Refresh the instances') assert.deepEqual(replaced, [], 'it was turned back before any went');
  }
});

for (const state of taskStates(DEFINITION).filter((name) => SETTINGS[name] === undefined || name === 'Pin the group')) {
  test(`one that is stopped at '${state}', its image revoked, and redriven, brings the image to nobody`, {
    skip,
  }, async () => {
    const earlier = front.calls.length;
    let isPut = false;
    const done = await rollOut([], SETTINGS[state], async (now) => {
      if (now !== state || isPut) return null;
      isPut = true;
      await account.putParameter(revocation(), 'CVE-2026-0001');
      return REDRIVEN;
    });
    assert.equal(done.ended.error, 'Kintsugi.ImageRevoked', done.ended.cause ?? '');
    assertWhole(done, state);
    const calls = front.calls.slice(earlier);
    if (BEFORE_ANY_VERSION.has(state)) assert.ok(!calls.includes('ec2:CreateLaunchTemplateVersion'), 'a version');
    if (BEFORE_ANY_REFRESH.has(state)) assert.ok(!calls.includes('autoscaling:StartInstanceRefresh'), 'a refresh');
  });
}

test("somebody else's refresh is left alone", { skip }, async () => {
  const start = { Action: 'StartInstanceRefresh', AutoScalingGroupName: `group-${rollouts + 1}` };
  const others = await rollOut([], {}, async (state) => {
    if (state === 'Refresh the instances') await account.ask('autoscaling', start).catch(() => null);
  });
  assert.equal(others.ended.error, 'Kintsugi.RefreshInProgress', others.ended.cause ?? '');
  assert.equal(others.group.version, '1');
  assert.equal(others.revoked, null);
});

test('an answer that the network lost starts one refresh', { skip }, async () => {
  for (const call of [
    'ec2:CreateLaunchTemplateVersion',
    'autoscaling:StartInstanceRefresh',
    'ec2:ModifyLaunchTemplate',
  ]) {
    front.inject(call, 'done, answer lost');
    const done = await rollOut([]);
    assert.equal(done.ended.status, 'SUCCEEDED', `${call}: ${done.ended.cause}`);
    assertWhole(done, call);
  }
});

for (const state of taskStates(DEFINITION)) {
  test(`whatever fails at '${state}', the group is wholly old or wholly new`, { skip }, async () => {
    for (const fault of DEAR_TASK_FAULTS) {
      const one = { state, fault };
      const done = await rollOut([one], SETTINGS[state]);
      const because = `${fault}: ${done.ended.status} ${done.ended.error} ${done.ended.cause}`;
      assert.ok(done.ended.attempts.has(state), `'${state}' was not reached: ${because}`);
      if (!WAY_BACK.has(state) || !isEndless(one)) {
        assertWhole(done, because);
        continue;
      }
      assert.equal(done.ended.status, 'FAILED', because);
      assert.match(done.ended.cause ?? '', /is not known|not as it was|could not be/, because);
    }
  });
}
