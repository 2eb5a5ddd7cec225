import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf, taskStates } from './definition-states.ts';
import { type FakeInstance, fakeScalingGroup } from './fake-scaling-group.ts';
import { type Ended, playWithAws } from './play-with-aws.ts';
import { type Fault, isEndless, TASK_FAULTS, withFaults } from './task-faults.ts';

const DEFINITION = definitionOf('replace-old-instances');
const NOW = new Date('2026-11-28T03:00:00Z');
const DAY = 86_400_000;

interface Options {
  readonly input?: object;
  readonly group?: Parameters<typeof fakeScalingGroup>[2];
  readonly faults?: readonly Fault[];
}

async function replace(instances: readonly FakeInstance[], { input = {}, group = {}, faults = [] }: Options = {}) {
  const fake = fakeScalingGroup(NOW, instances, group);
  const ended = await run(fake, input, NOW, faults);
  return { ended, fake };
}

function run(
  fake: ReturnType<typeof fakeScalingGroup>,
  input: object,
  start: Date,
  faults: readonly Fault[] = [],
): Promise<Ended> {
  const answer = withFaults(fake.answer, faults);
  return playWithAws(DEFINITION, { name: 'replace', input: { Group: 'g', MostLooks: 3, ...input }, answer, start });
}

const good = { missing: 0, scannedDaysAgo: 1 };
const bad = { missing: 2, scannedDaysAgo: 1 };
const old = (id: string, age: number): FakeInstance => ({ id, age, patches: good });
const young = (id: string, patches: FakeInstance['patches'] = good): FakeInstance => ({ id, age: 1, patches });

test('instances that are too old go, the oldest first and one at a time', async () => {
  const { ended, fake } = await replace([old('i-a', 31), old('i-b', 90), young('i-c'), old('i-d', 40)], {
    input: { MaxAgeDays: 30 },
  });
  assert.equal(ended.status, 'SUCCEEDED', ended.cause ?? '');
  assert.deepEqual(fake.terminated, ['i-b', 'i-d', 'i-a']);
  assert.equal(fake.fewest(), 3);
  assert.deepEqual((ended.output as { Replaced: string[] }).Replaced, ['i-b', 'i-d', 'i-a']);
});

test('a batch is never larger than the health of the group allows', async () => {
  const instances = Array.from({ length: 10 }, (_, at) => old(`i-${at}`, 40 + at));
  const { ended, fake } = await replace(instances, {
    input: { MaxAgeDays: 30, BatchSize: 5, MinHealthyPercentage: 75 },
  });
  assert.equal(ended.status, 'SUCCEEDED', ended.cause ?? '');
  assert.equal(fake.terminated.length, 10);
  assert.equal(fake.fewest(), 8);
  const single = await replace([old('i-a', 90)], { input: { MaxAgeDays: 30 } });
  assert.equal(single.ended.error, 'Kintsugi.NoRoom');
  assert.deepEqual(single.fake.terminated, []);
});

test('who is not compliant is stamped, and goes when the grace period is over', async () => {
  const fake = fakeScalingGroup(NOW, [young('i-a', bad), young('i-b'), young('i-c')]);
  const input = { NonCompliantDays: 3, MaxScanAgeDays: 30 };
  const first = await run(fake, input, NOW);
  assert.equal(first.status, 'SUCCEEDED', first.cause ?? '');
  assert.deepEqual([...fake.tags.keys()], ['i-a']);
  assert.deepEqual(fake.terminated, []);
  await run(fake, input, new Date(NOW.getTime() + 2 * DAY));
  assert.deepEqual(fake.terminated, []);
  await run(fake, input, new Date(NOW.getTime() + 4 * DAY));
  assert.deepEqual(fake.terminated, ['i-a']);
});

test('who is compliant again loses the stamp', async () => {
  const fake = fakeScalingGroup(NOW, [young('i-a'), young('i-b')]);
  fake.tags.set('i-a', new Date(NOW.getTime() - 90 * DAY).toISOString());
  const ended = await run(fake, { NonCompliantDays: 3 }, NOW);
  assert.equal(ended.status, 'SUCCEEDED', ended.cause ?? '');
  assert.equal(fake.tags.size, 0);
  assert.deepEqual(fake.terminated, []);
});

test('unknown is told and kept, and replaced only where the input says so', async () => {
  const instances = [young('i-a', null), young('i-b', { missing: 0, scannedDaysAgo: 20 }), young('i-c')];
  const kept = await replace(instances, { input: { NonCompliantDays: 0 } });
  assert.deepEqual((kept.ended.output as { Unknown: string[] }).Unknown, ['i-a', 'i-b']);
  assert.deepEqual(kept.fake.terminated, []);
  const gone = await replace(instances, { input: { onNoData: 'replace' } });
  assert.equal(gone.ended.status, 'SUCCEEDED', gone.ended.cause ?? '');
  assert.deepEqual([...gone.fake.terminated].sort(), ['i-a', 'i-b']);
});

const known = (more: NonNullable<FakeInstance['patches']>['more'] = {}, missing = 0) => ({
  ...{ missing, scannedDaysAgo: 1, more },
});
const soon = (days: number) => new Date(NOW.getTime() + days * DAY).toISOString();

for (const [what, patches, compliance] of [
  ['nothing known of it', null, 'UNKNOWN'],
  ['evidence that this server cannot rely on', known({ OtherNonCompliantCount: 1 }), 'UNKNOWN'],
  ['the same, with what could be seen missing', known({ OtherNonCompliantCount: 3 }, 2), 'UNKNOWN'],
  ['no count of what is missing', known({ MissingCount: null }), 'UNKNOWN'],
  ['no count of what failed', known({ FailedCount: null }), 'UNKNOWN'],
  ['an operation without an end', known({ OperationEndTime: null }), 'UNKNOWN'],
  ['an end that is no time', known({ OperationEndTime: 'soon' }), 'UNKNOWN'],
  ['an operation that began again since', known({ OperationStartTime: soon(0) }), 'UNKNOWN'],
  ['a scan of tomorrow', known({ OperationStartTime: soon(1), OperationEndTime: soon(1) }), 'UNKNOWN'],
  ['an old scan', { missing: 0, scannedDaysAgo: 8 }, 'UNKNOWN'],
  ['what AWS told before it had those counts', known({ OtherNonCompliantCount: null }), 'COMPLIANT'],
  ['all that does not matter', known({ InstalledOtherCount: 9, UnreportedNotApplicableCount: 5 }), 'COMPLIANT'],
  ['one that failed', known({ FailedCount: 1, OtherNonCompliantCount: 1 }), 'NON_COMPLIANT'],
  ['a restart to come', known({ InstalledPendingRebootCount: 1, SecurityNonCompliantCount: 1 }), 'NON_COMPLIANT'],
  ['one that is rejected', known({ InstalledRejectedCount: 1 }), 'NON_COMPLIANT'],
  ['one that is critical', known({ CriticalNonCompliantCount: 2, OtherNonCompliantCount: 0 }, 2), 'NON_COMPLIANT'],
  ['Windows updates to be had', known({ AvailableSecurityUpdateCount: 1, OtherNonCompliantCount: 1 }), 'NON_COMPLIANT'],
] as const) {
  test(`an instance with ${what} is judged ${compliance}`, async () => {
    const { ended } = await replace([young('i-a', patches)], { input: { NonCompliantDays: 30 } });
    assert.equal(ended.status, 'SUCCEEDED', ended.cause ?? '');
    const { Judged, Unknown } = ended.output as { Judged: { Compliance: string }[]; Unknown: string[] };
    assert.equal(Judged[0]?.Compliance, compliance);
    assert.deepEqual(Unknown, compliance === 'UNKNOWN' ? ['i-a'] : []);
  });
}

test('a group that does not become whole spends the budget, and nothing more goes', async () => {
  const instances = [old('i-a', 50), old('i-b', 40), old('i-c', 35), young('i-d')];
  const { ended, fake } = await replace(instances, { input: { MaxAgeDays: 30 }, group: { neverWhole: true } });
  assert.equal(ended.error, 'Kintsugi.ErrorBudgetSpent');
  assert.deepEqual(fake.terminated, ['i-a']);
  assert.match(ended.cause ?? '', /3 of 4 .* Asked for, and not seen replaced: i-a\. Not replaced: i-b, i-c\./);
});

test('protected and standby instances are spared, and a suspended group is refused', async () => {
  const instances = [
    { ...old('i-a', 90), protected: true },
    { ...old('i-b', 90), standby: true },
    old('i-c', 90),
    young('i-d'),
  ];
  const { ended, fake } = await replace(instances, { input: { MaxAgeDays: 30 } });
  assert.equal(ended.status, 'SUCCEEDED', ended.cause ?? '');
  assert.deepEqual(fake.terminated, ['i-c']);
  assert.deepEqual((ended.output as { Spared: string[] }).Spared, ['i-a', 'i-b']);
  const suspended = await replace(instances, { input: { MaxAgeDays: 30 }, group: { suspended: ['Launch'] } });
  assert.equal(suspended.ended.error, 'Kintsugi.GroupSuspended');
});

test('a group of many is looked at in parts', async () => {
  const instances = Array.from({ length: 60 }, (_, at) => (at === 59 ? old('i-old', 90) : young(`i-${at}`)));
  const { ended, fake } = await replace(instances, { input: { MaxAgeDays: 30 } });
  assert.equal(ended.status, 'SUCCEEDED', ended.cause ?? '');
  assert.equal(ended.attempts.get('When were they launched?'), 3);
  assert.deepEqual(fake.terminated, ['i-old']);
  assert.equal((ended.output as { Judged: unknown[] }).Judged.length, 60);
});

test('bad input is refused before anything is asked', async () => {
  const cases = [{}, { MaxAgeDays: '30' }, { MaxAgeDays: 30, onNoData: 'drop' }, { MaxAgeDays: 30, BatchSize: 0 }];
  for (const input of cases) {
    const { ended } = await replace([old('i-a', 90)], { input });
    assert.equal(ended.error, 'Kintsugi.BadInput', JSON.stringify(input));
    assert.equal(ended.attempts.size, 0);
  }
});

test('whatever fails at whichever task, no more than one instance is ever away', async () => {
  const stamped = [young('i-n', bad), young('i-m')];
  for (const state of taskStates(DEFINITION)) {
    for (const fault of TASK_FAULTS) {
      const fake = fakeScalingGroup(NOW, [old('i-a', 50), old('i-b', 40), ...stamped]);
      fake.tags.set('i-m', NOW.toISOString());
      const ended = await run(fake, { MaxAgeDays: 30, NonCompliantDays: 5 }, NOW, [{ state, fault }]);
      const because = `${fault} at '${state}': ${ended.status} ${ended.error} ${ended.cause}`;
      assert.ok(ended.attempts.has(state), because);
      assert.ok(fake.fewest() >= 3, because);
      assert.equal(new Set(fake.terminated).size, fake.terminated.length, because);
      if (!isEndless({ state, fault })) assert.equal(ended.status, 'SUCCEEDED', because);
      else assert.equal(ended.status, 'FAILED', because);
    }
  }
});
