import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AnsweredEvent } from '../client/workflow-answer.ts';
import { paint } from '../style.ts';
import { laneRows } from './workflow-lanes.ts';
import { stateVisits } from './workflow-states.ts';
import { lasted, workflowGraphText, workflowHistoryText, workflowListText } from './workflow-text.ts';

const PLAIN = paint({ isTTY: false });
const NOW = new Date('2026-11-29T00:10:00Z');
const START = NOW.getTime() / 1000 - 600;

const DEFINITION = {
  StartAt: 'Bake',
  States: {
    Bake: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Boot', States: { Boot: { Type: 'Task', End: true } } },
        { StartAt: 'Scan', States: { Scan: { Type: 'Task', End: true } } },
      ],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Mend' }],
      Next: 'Each',
    },
    Mend: { Type: 'Pass', Next: 'Each' },
    Each: {
      Type: 'Map',
      ItemProcessor: { StartAt: 'Tell', States: { Tell: { Type: 'Pass', End: true } } },
      Next: 'Approve',
    },
    Approve: { Type: 'Task', End: true },
  },
};

let ids = 0;
function event(type: string, name?: string, more: object = {}): AnsweredEvent {
  ids += 1;
  const named = type.endsWith('Entered') ? { stateEnteredEventDetails: { name } } : {};
  const left = type.endsWith('Exited') ? { stateExitedEventDetails: { name } } : {};
  return { id: ids, previousEventId: ids - 1, type, timestamp: START + ids, ...named, ...left, ...more };
}

function history(): AnsweredEvent[] {
  ids = 0;
  return [
    event('ExecutionStarted'),
    event('ParallelStateEntered', 'Bake'),
    event('ParallelStateStarted'),
    event('TaskStateEntered', 'Boot'),
    event('TaskScheduled', undefined, { taskScheduledEventDetails: { resource: 'bake.boot' } }),
    event('TaskFailed', undefined, { taskFailedEventDetails: { error: 'Kintsugi.BootTestFailed' } }),
    { ...event('ParallelStateFailed'), previousEventId: 3 },
    event('ParallelStateExited', 'Bake'),
    event('PassStateEntered', 'Mend'),
    event('PassStateExited', 'Mend'),
    event('MapStateEntered', 'Each'),
    ...[1, 2, 3].flatMap(() => [event('PassStateEntered', 'Tell'), event('PassStateExited', 'Tell')]),
    event('MapStateSucceeded'),
    event('MapStateExited', 'Each'),
    event('TaskStateEntered', 'Approve'),
    event('TaskScheduled'),
    event('TaskSubmitted'),
  ];
}

const running = {
  executionArn: 'arn:aws:states:r:000000000000:execution:m:x',
  stateMachineArn: 'arn:aws:states:r:000000000000:stateMachine:m',
  ...{ name: 'x', status: 'RUNNING' as const, startDate: START },
};

test('an execution is drawn as its states stand, branches inside of their state', () => {
  const text = workflowGraphText({ execution: running, definition: DEFINITION, events: history() }, NOW, PLAIN);
  assert.deepEqual(text.split('\n').slice(0, 13), [
    'x  RUNNING  10 min 0 s',
    'm, started 2026-11-29 00:00:00 UTC',
    '',
    '  x Bake                    6 s  Kintsugi.BootTestFailed',
    '  |  branch 1 of 2',
    '  |  x Boot                 2 s  Kintsugi.BootTestFailed',
    '  |  branch 2 of 2',
    '  |    Scan',
    '  + Each                    8 s',
    '  |  for each item',
    '  |  + Tell                 1 s  3 times',
    '  ? Approve          9 min 40 s',
    '  + Mend                    1 s',
  ]);
});

test('what still ran when an execution ended was stopped', () => {
  const events = [...history(), event('ExecutionAborted')];
  assert.equal(stateVisits(events, true).get('Approve')?.mark, 'stopped');
  assert.equal(stateVisits(events, false).get('Approve')?.mark, 'waiting');
});

test('a task that is tried again runs again', () => {
  ids = 0;
  const events = [event('TaskStateEntered', 'T'), event('TaskScheduled'), event('TaskFailed')];
  assert.equal(stateVisits(events, false).get('T')?.mark, 'failed');
  events.push(event('TaskScheduled'));
  assert.deepEqual(
    [stateVisits(events, false).get('T')?.mark, stateVisits(events, false).get('T')?.error],
    ['running', null],
  );
  events.push(event('TaskSucceeded'), event('TaskStateExited', 'T'));
  assert.equal(stateVisits(events, false).get('T')?.mark, 'done');
});

test('a definition in circles, without an end or with nothing in it is drawn once and ends', () => {
  const circle = { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } } };
  assert.deepEqual(
    laneRows(circle).map(({ name }) => name),
    ['A', 'B'],
  );
  for (const nothing of [null, 7, [], {}, { StartAt: 'A' }, { StartAt: '__proto__', States: {} }])
    assert.deepEqual(laneRows(nothing), []);
  let deep: object = { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } };
  for (let at = 0; at < 1000; at += 1) deep = { StartAt: 'P', States: { P: { Type: 'Parallel', Branches: [deep] } } };
  assert.ok(laneRows(deep).length <= 21);
});

test('nothing that a name, an error or a cause holds acts on a terminal', () => {
  const hostile = fc.string({ unit: 'binary' }).map((text) => `\x1b[2J\u202e\r${text}`);
  fc.assert(
    fc.property(hostile, hostile, (name, cause) => {
      ids = 0;
      const events = [
        event('TaskStateEntered', name),
        event('TaskFailed', undefined, { taskFailedEventDetails: { error: cause, resource: name } }),
      ];
      const definition = { StartAt: name, States: { [name]: { Type: 'Task', End: true } } };
      const execution = { ...running, name, status: 'FAILED' as const, error: name, cause };
      const text = [
        workflowGraphText({ execution, definition, events }, NOW, PLAIN),
        workflowHistoryText(events, 10, PLAIN),
        workflowListText([execution], NOW, PLAIN),
      ].join('\n');
      assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});

test('a history shows its last events, and how many are left out', () => {
  const lines = workflowHistoryText(history(), 2, PLAIN).trimEnd().split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? '', /^ {2}20 earlier events: --all shows them$/);
  assert.match(lines[2] ?? '', /TaskSubmitted +Approve$/);
});

test('times are told as a person thinks of them', () => {
  const cases: [number, string][] = [
    [0.2, '< 1 s'],
    [59.4, '59 s'],
    [184, '3 min 4 s'],
    [7500, '2 h 5 min'],
    [259_200, '3 days'],
  ];
  for (const [seconds, text] of cases) assert.equal(lasted(seconds), text);
});
