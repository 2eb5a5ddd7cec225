import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Play, play } from '../../../../test/memory-execution.ts';

const START = new Date('2030-01-01T00:00:00Z');
const ARN = 'arn:aws:states:eu-west-1:111111111111';
const RESOURCE = 'arn:aws:states:::aws-sdk:ssm:sendCommand';
const ACTIVITY = `${ARN}:activity:bake`;

function run(
  task: object,
  { input = '{"a":1}', ...more }: Partial<Play> & { input?: string } = {},
  states: object = {},
) {
  return play({
    definition: JSON.stringify({
      StartAt: 'T',
      States: { T: { Type: 'Task', Resource: RESOURCE, End: true, ...task }, ...states },
    }),
    start: START,
    facts: {
      arn: `${ARN}:execution:m:x`,
      name: 'x',
      stateMachineArn: `${ARN}:stateMachine:m`,
      stateMachineName: 'm',
      roleArn: 'role',
      region: 'eu-west-1',
      input,
      startTime: START.toISOString(),
    },
    ...more,
  });
}
const fails = (error: string) => () => ({ error, cause: 'because' });
const chain = (events: Awaited<ReturnType<typeof run>>['events']) =>
  events.map(({ id, previousEventId, type }) => `${id}<${previousEventId} ${type}`);

describe('a Task', () => {
  it('is scheduled with its names and parameters and goes on with its output', async () => {
    const task = { Parameters: { 'b.$': '$.a' }, ResultSelector: { 'd.$': '$.c' }, ResultPath: '$.r' };
    const { events, head } = await run(task, { answer: () => ({ output: '{"c":2}' }) });
    assert.deepEqual(chain(events), [
      '1<0 ExecutionStarted',
      '2<0 TaskStateEntered',
      '3<2 TaskScheduled',
      '4<3 TaskStarted',
      '5<4 TaskSucceeded',
      '6<5 TaskStateExited',
      '7<6 ExecutionSucceeded',
    ]);
    assert.deepEqual(events[2]?.details, [
      'taskScheduledEventDetails',
      { resourceType: 'aws-sdk:ssm', resource: 'sendCommand', region: 'eu-west-1', parameters: '{"b":1}' },
    ]);
    assert.equal(head.output, '{"a":1,"r":{"d":2}}');
  });

  it('of an activity has the events of activities', async () => {
    const { events } = await run({ Resource: ACTIVITY }, { answer: fails('Broken') });
    assert.deepEqual(chain(events).slice(2), ['3<2 ActivityScheduled', '4<3 ActivityFailed', '5<4 ExecutionFailed']);
    assert.deepEqual(events[3]?.details, ['activityFailedEventDetails', { error: 'Broken', cause: 'because' }]);
  });

  it('that waits for a token gets it in its context', async () => {
    let input = '';
    const task = { Resource: `${RESOURCE}.waitForTaskToken`, Parameters: { 't.$': '$$.Task.Token' } };
    await run(task, {
      answer: (scheduled) => {
        input = scheduled.input;
        assert.equal(JSON.parse(input).t, scheduled.task.token);
        return { output: '1' };
      },
    });
    assert.match(input, /id-1/);
  });

  it('runs into its time limit, and its heartbeat', async () => {
    const late = await run({ TimeoutSeconds: 60 });
    assert.deepEqual([late.head.error, late.waited], ['States.Timeout', 60_000]);
    const silent = await run({ TimeoutSeconds: 60, HeartbeatSeconds: 5 });
    assert.deepEqual([silent.head.error, silent.waited], ['States.HeartbeatTimeout', 5000]);
    assert.ok(silent.events.some(({ type }) => type === 'TaskTimedOut'));
  });
});

describe('retriers and catchers', () => {
  const retry = (more: object) => ({ ErrorEquals: ['E'], IntervalSeconds: 2, MaxAttempts: 2, ...more });

  it('wait longer each time, each counts for itself, and their limit holds', async () => {
    const errors = ['E', 'F', 'E', 'F', 'E'];
    const { events, head, waited } = await run(
      { Retry: [retry({}), { ErrorEquals: ['States.ALL'], MaxAttempts: 9, IntervalSeconds: 1, BackoffRate: 1 }] },
      { answer: (_, attempt) => ({ error: errors[attempt] ?? 'none' }) },
    );
    assert.equal(events.filter(({ type }) => type === 'TaskScheduled').length, 5);
    assert.deepEqual([head.status, head.error, waited], ['FAILED', 'E', (2 + 1 + 4 + 1) * 1000]);
  });

  it('are bounded by MaxDelaySeconds and spread by full jitter', async () => {
    const limited = await run({ Retry: [retry({ MaxDelaySeconds: 3, MaxAttempts: 3 })] }, { answer: fails('E') });
    assert.equal(limited.waited, 8000);
    const spread = await run({ Retry: [retry({ JitterStrategy: 'FULL' })] }, { answer: fails('E') });
    assert.equal(spread.waited, 3000);
  });

  it('lead on with the error, where States.TaskFailed does not mean a timeout', async () => {
    const task = { Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'C', ResultPath: '$.e' }] };
    const states = { C: { Type: 'Pass', End: true } };
    const caught = await run(task, { answer: fails('E') }, states);
    assert.equal(caught.head.output, '{"a":1,"e":{"Error":"E","Cause":"because"}}');
    assert.equal((await run({ ...task, TimeoutSeconds: 1 }, {}, states)).head.error, 'States.Timeout');
  });

  it('never meet States.Runtime', async () => {
    const task = {
      InputPath: '$.none',
      Retry: [{ ErrorEquals: ['States.ALL'] }],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }],
    };
    const { head, waited } = await run(task, {}, { C: { Type: 'Pass', End: true } });
    assert.deepEqual([head.error, waited], ['States.Runtime', 0]);
  });
});

describe('an execution', () => {
  it('that loops without end fails at the limit of events', async () => {
    const loop = { Type: 'Pass', Next: 'T' };
    const definition = JSON.stringify({ StartAt: 'T', States: { T: loop } });
    const { events, head } = await run({}, { definition, limits: { events: 100, payload: 1000 } });
    assert.equal(events.length, 100);
    assert.deepEqual(head, {
      ...head,
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (100).',
    });
    assert.equal(events.at(-1)?.type, 'ExecutionFailed');
  });

  it('is redriven from the state that failed, and branches that were well stay', async () => {
    let isBroken = true;
    let isRedriven = false;
    const branch = (name: string, state: object) => ({ StartAt: name, States: { [name]: { End: true, ...state } } });
    const definition = JSON.stringify({
      StartAt: 'P',
      States: {
        P: {
          Type: 'Parallel',
          End: true,
          Branches: [branch('A', { Type: 'Pass', Result: 'a' }), branch('B', { Type: 'Task', Resource: RESOURCE })],
        },
      },
    });
    const { events, head } = await run(
      {},
      {
        definition,
        answer: () => (isBroken ? { error: 'E' } : { output: '"b"' }),
        interrupt: ({ status }) => {
          if (status !== 'FAILED' || isRedriven) return null;
          isBroken = false;
          isRedriven = true;
          return { type: 'redrive' };
        },
      },
    );
    assert.deepEqual([head.status, head.output, head.redrives], ['SUCCEEDED', '["a","b"]', 1]);
    assert.equal(events.filter(({ type }) => type === 'PassStateEntered').length, 1);
    assert.equal(events.filter(({ type }) => type === 'TaskStateEntered').length, 1);
  });

  it('with a value that is nested too deep ends, one way or the other', async () => {
    const input = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const { head } = await run({ Type: 'Pass', Resource: undefined, Parameters: { 'a.$': '$' } }, { input });
    assert.deepEqual([head.status, head.error], ['FAILED', 'States.Runtime']);
    const passed = await run({ Type: 'Pass', Resource: undefined }, { input });
    assert.deepEqual([passed.head.status, passed.head.output], ['SUCCEEDED', input]);
  });
});
