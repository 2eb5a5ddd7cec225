import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Play, play } from '../../../../test/memory-execution.ts';
import { AWS_LIMITS } from './types.ts';

const START = new Date('2030-01-01T00:00:00Z');
const ARN = 'arn:aws:states:eu-west-1:111111111111';
const RESOURCE = 'arn:aws:states:::aws-sdk:ssm:sendCommand';
const list = (state: object, prefix = 'I') => ({ StartAt: prefix, States: { [prefix]: { End: true, ...state } } });

function run(state: object, input: unknown, more: Partial<Play> = {}) {
  return play({
    definition: JSON.stringify(list(state, 'S')),
    start: START,
    facts: {
      arn: `${ARN}:execution:m:x`,
      name: 'x',
      stateMachineArn: `${ARN}:stateMachine:m`,
      stateMachineName: 'm',
      roleArn: 'role',
      region: 'eu-west-1',
      input: JSON.stringify(input),
      startTime: START.toISOString(),
    },
    ...more,
  });
}

/** Redrives it once when it has failed. */
function redriven(then: () => void = () => {}): Pick<Play, 'interrupt'> {
  let isDone = false;
  return {
    interrupt: ({ status }) => {
      if (status !== 'FAILED' || isDone) return null;
      isDone = true;
      then();
      return { type: 'redrive' };
    },
  };
}

const map = (more: object, inner: object = { Type: 'Pass' }) => ({ Type: 'Map', ItemProcessor: list(inner), ...more });
const told = ({ events }: Awaited<ReturnType<typeof run>>, kind: string) =>
  events.filter(({ type }) => type === kind).map(({ details }) => details?.[1].index);

describe('a Parallel or Map that fails itself', () => {
  it('after its children had succeeded runs again in a redrive, and ends', async () => {
    const branches = [list({ Type: 'Pass' }, 'A'), list({ Type: 'Pass' }, 'B')];
    const parallel = { Type: 'Parallel', Branches: branches, ResultSelector: { 'x.$': '$[7]' } };
    const twice = await run(parallel, {}, redriven());
    assert.deepEqual([twice.head.status, twice.head.redrives], ['FAILED', 1]);
    assert.equal(twice.events.filter(({ type }) => type === 'PassStateEntered').length, 4);
    const large = await run(map({}, { Type: 'Pass', Result: 'x'.repeat(100_000) }), [1, 2, 3], redriven());
    assert.deepEqual([large.head.status, large.head.error], ['FAILED', 'States.DataLimitExceeded']);
    assert.equal(told(large, 'MapIterationSucceeded').length, 6);
  });

  it('because an iteration could not be started ends the others, and tells each once', async () => {
    const inner = map({
      ItemsPath: '$.l',
      ItemSelector: { 'q.$': 'States.ArrayGetItem($.q, $$.Map.Item.Index)' },
    });
    // Names are unique in a whole definition.
    const processor = { StartAt: 'M', States: { M: { ...inner, End: true } } };
    const outer = { Type: 'Map', ItemsPath: '$.o', MaxConcurrency: 1, ToleratedFailureCount: 5 };
    const lists = [1, 2, 2].map((length) => ({ l: [1, 2], q: [1, 2].slice(0, length) }));
    const played = await run({ ...outer, ItemProcessor: processor }, { o: lists });
    assert.equal(played.head.status, 'SUCCEEDED');
    assert.equal(JSON.parse(played.head.output ?? '').length, 3);
    assert.deepEqual(told(played, 'MapIterationFailed'), [0]);
    assert.deepEqual(
      played.scopes.filter(({ phase }) => phase === 'ready'),
      [],
    );
    assert.equal(played.events.at(-1)?.type, 'ExecutionSucceeded');
  });

  it('starts no iteration twice in a redrive', async () => {
    const select = { ItemSelector: { 'q.$': 'States.ArrayGetItem($.q, $$.Map.Item.Index)' } };
    const played = await run(map({ ItemsPath: '$.l', ...select }), { l: [1, 2], q: [1] }, redriven());
    assert.equal(played.head.status, 'FAILED');
    for (const index of [0, 1]) {
      const started = told(played, 'MapIterationStarted').filter((one) => one === index).length;
      assert.ok(started <= 1, `${index} was started ${started} times`);
    }
  });
});

describe('a Map', () => {
  it('runs forty iterations at the same time at the most, and as many again in a redrive', async () => {
    let isBroken = true;
    const items = Array.from({ length: 60 }, (_, index) => index);
    const running: number[] = [];
    const task = { Type: 'Task', Resource: RESOURCE };
    for (const [MaxConcurrency, most] of [
      [0, 40],
      [3, 3],
    ] as const) {
      isBroken = true;
      running.length = 0;
      const options = redriven(() => {
        isBroken = false;
      });
      const played = await run(map({ MaxConcurrency, ToleratedFailureCount: 10 }, task), items, {
        answer: () => (isBroken ? { error: 'E' } : { output: '1' }),
        interrupt: (head, events) => {
          const count = (type: string) => events.filter((event) => event.type === type).length;
          const failed = events.findIndex(({ type }) => type === 'ExecutionRedriven');
          const ended = count('TaskFailed') + count('TaskSucceeded');
          const aborted = failed < 0 ? 0 : count('MapIterationAborted');
          running.push(count('TaskScheduled') - ended - aborted);
          return options.interrupt?.(head, events) ?? null;
        },
      });
      assert.deepEqual([played.head.status, played.head.redrives], ['SUCCEEDED', 1]);
      assert.equal(Math.max(...running), most);
    }
  });

  it('keeps every payload within the limit: items, inputs, and what a task answers', async () => {
    const large = 'x'.repeat(200_000);
    const jsonata = { QueryLanguage: 'JSONata', Items: `{% [1..3].($states.input) %}` };
    const items = await run(map(jsonata), large);
    const selected = await run(map({ ItemsPath: '$.l', ItemSelector: { 'a.$': '$.s', 'b.$': '$.s' } }), {
      l: [1],
      s: large,
    });
    const answered = await run(
      { Type: 'Task', Resource: RESOURCE, ResultSelector: { 'n.$': '$.n' } },
      {},
      { answer: () => ({ output: JSON.stringify({ n: 1, large: large + large }) }) },
    );
    for (const { head } of [items, selected, answered]) assert.equal(head.error, 'States.DataLimitExceeded');
    assert.deepEqual(answered.events.map(({ type }) => type).slice(-2), ['TaskFailed', 'ExecutionFailed']);
  });
});

describe('variables', () => {
  it('are kept whatever their name', async () => {
    const Assign = JSON.parse('{"__proto__": 7}') as object;
    const first = { Type: 'Pass', Assign, Next: 'B' };
    const branch = list({ Type: 'Pass', Parameters: { 'seen.$': '$__proto__' } }, 'C');
    const definition = JSON.stringify({
      StartAt: 'A',
      States: { A: first, B: { Type: 'Parallel', Branches: [branch], End: true } },
    });
    const { head } = await run({}, {}, { definition });
    assert.equal(head.output, '[{"seen":7}]');
  });

  it('are bounded together', async () => {
    const states = Array.from({ length: 60 }, (_, index) => [
      `S${index}`,
      { Type: 'Pass', Assign: { [`v${index}.$`]: '$' }, ...(index < 59 ? { Next: `S${index + 1}` } : { End: true }) },
    ]);
    const definition = JSON.stringify({ StartAt: 'S0', States: Object.fromEntries(states) });
    const { head } = await run({}, 'x'.repeat(200), { definition, limits: { ...AWS_LIMITS, variables: 10_000 } });
    assert.deepEqual([head.status, head.error], ['FAILED', 'States.DataLimitExceeded']);
    const within = await run({}, 'x'.repeat(100), { definition, limits: { ...AWS_LIMITS, variables: 10_000 } });
    assert.equal(within.head.status, 'SUCCEEDED');
  });
});

describe('a time that cannot be', () => {
  it('fails its state', async () => {
    for (const limit of [{ TimeoutSeconds: 99_999_999_999_999 }, { TimeoutSecondsPath: '$.long' }]) {
      const { head } = await run({ Type: 'Task', Resource: RESOURCE, ...limit }, { long: 9e14 });
      assert.equal(head.error, 'States.Runtime');
    }
    const jsonata = { QueryLanguage: 'JSONata', TimeoutSeconds: '{% 9e15 %}' };
    assert.equal((await run({ Type: 'Task', Resource: RESOURCE, ...jsonata }, {})).head.status, 'FAILED');
    for (const Resource of ['a\u0000b', 'a\ud800', `${ARN}:activity:${'x'.repeat(9000)}`]) {
      assert.equal((await run({ Type: 'Task', Resource }, {})).head.error, 'States.Runtime');
    }
    const early = await run({ Type: 'Wait', Timestamp: '0000-01-01T00:00:00Z' }, {});
    assert.equal(early.head.status, 'SUCCEEDED');
  });
});
