import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AwsOutcome } from '../src/clouds/aws/call-aws.ts';
import { definitionOf } from './definition-states.ts';
import { type Answering, type Asked, playWithAws } from './play-with-aws.ts';

const DEFINITION = definitionOf('roll-out-auto-scaling-group');
/** AWS ends an execution with more, and then nothing brings the group back. */
const MOST_EVENTS = 25_000;
const INPUT = { Family: 'web', ImageId: 'ami-0123456789abcdef0', Group: 'web-asg' };
const LONGEST = { MostLooks: 360, GateLooks: 60, WaitSeconds: 3600 };

const Instances = [
  { InstanceId: 'i-1', LifecycleState: 'InService', HealthStatus: 'Unhealthy', LaunchTemplate: { Version: '2' } },
];
const LaunchTemplate = { LaunchTemplateId: 'lt-1', Version: '1' };
const fixed: Readonly<Record<string, object>> = {
  describeImages: { Images: [{ State: 'available' }] },
  describeAutoScalingGroups: { AutoScalingGroups: [{ LaunchTemplate, DesiredCapacity: 1, Instances }] },
  describeLaunchTemplateVersions: {
    LaunchTemplateVersions: [{ VersionNumber: 1, DefaultVersion: true, LaunchTemplateData: { ImageId: 'ami-1' } }],
  },
  createLaunchTemplateVersion: { LaunchTemplateVersion: { VersionNumber: 2 } },
  startInstanceRefresh: { InstanceRefreshId: 'refresh-1' },
  putParameter: {},
  rollbackInstanceRefresh: {},
};

/** A group whose refresh is over at the look `until`, fails at the gate, and whose way back never ends. */
function endless(until: number): Answering {
  let looks = 0;
  return async ({ state, resource }) => {
    const action = resource.split(':').at(-1) ?? '';
    if (action === 'getParameter') return { ok: false, error: 'Ssm.ParameterNotFoundException', cause: 'no' };
    if (action !== 'describeInstanceRefreshes') return { ok: true, output: fixed[action] as never };
    if (state === 'How is the refresh?') looks += 1;
    const isBack = state === 'Which refresh is the last?' && looks >= until;
    const Status = state === 'Does a refresh run?' || (looks >= until && !isBack) ? 'Successful' : 'InProgress';
    return { ok: true, output: { InstanceRefreshes: [{ InstanceRefreshId: 'refresh-1', Status }] } as never };
  };
}

/** Every look needs all the tries that it has. */
function flaky(answer: Answering): Answering {
  const tries = new Map<string, number>();
  const most: Readonly<Record<string, number>> = {
    'How is the refresh?': 7,
    'What runs in the group?': 7,
    'Which refresh is the last?': 7,
    'Is it revoked meanwhile?': 4,
  };
  return async (asked: Asked) => {
    const tried = (tries.get(asked.state) ?? 0) + 1;
    tries.set(asked.state, tried);
    const refused: AwsOutcome = { ok: false, error: 'AutoScaling.AutoScalingException', cause: 'Rate exceeded' };
    return tried % (most[asked.state] ?? 1) !== 0 ? refused : answer(asked);
  };
}

test('a rollout that lasts as long as it may keeps well below the events that AWS allows', async () => {
  const input = { ...INPUT, ...LONGEST };
  const longest = await playWithAws(DEFINITION, { name: 'longest', input, answer: endless(359) });
  assert.match(longest.cause ?? '', /The way back is not at its end/);
  assert.equal(longest.attempts.get('How is the refresh?'), 359);
  assert.equal(longest.attempts.get('Is it revoked meanwhile?'), 359);
  assert.equal(longest.attempts.get('Which refresh is the last?'), 240);
  assert.ok(longest.events < MOST_EVENTS / 3, String(longest.events));
  const faulty = await playWithAws(DEFINITION, { name: 'faulty', input, answer: flaky(endless(359)) });
  assert.match(faulty.cause ?? '', /The way back is not at its end/);
  assert.ok(faulty.events < MOST_EVENTS - 2000, String(faulty.events));
});

test('a rollout is followed for a day before it counts as too slow, and then the group returns', async () => {
  const answer = endless(Number.POSITIVE_INFINITY);
  const back: Readonly<Record<string, object>> = {
    'Which refresh is the last?': { InstanceRefreshes: [{ Status: 'RollbackSuccessful' }] },
    'What runs after it?': { AutoScalingGroups: [{ LaunchTemplate, DesiredCapacity: 1, Instances: [] }] },
  };
  const slow = await playWithAws(DEFINITION, {
    name: 'slow',
    input: INPUT,
    answer: async (asked) => {
      const output = back[asked.state];
      return output === undefined ? answer(asked) : { ok: true, output: output as never };
    },
  });
  assert.equal(slow.error, 'Kintsugi.RolloutTooSlow');
  assert.match(
    slow.cause ?? '',
    /still InProgress\. The group is as it was: it runs version 1 of its launch template\./,
  );
  assert.ok(slow.seconds > 86_400 && slow.seconds < 90_000, String(slow.seconds));
});

test('numbers that would outgrow the history are refused before anything is asked', async () => {
  const nobody: Answering = async () => assert.fail('it asked');
  for (const bad of [
    { MostLooks: 361 },
    { MostLooks: 0 },
    { GateLooks: 61 },
    { WaitSeconds: 0 },
    { WaitSeconds: 3601 },
  ]) {
    const ended = await playWithAws(DEFINITION, { name: 'bad', input: { ...INPUT, ...bad }, answer: nobody });
    assert.equal(ended.error, 'Kintsugi.BadInput', JSON.stringify(bad));
  }
});
