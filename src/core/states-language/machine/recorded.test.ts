import assert from 'node:assert/strict';
import { test } from 'node:test';
import { play } from '../../../../test/memory-execution.ts';
import {
  aligned,
  comparable,
  type RecordedCase,
  type RecordedEvent,
  recordedCases,
  resorted,
} from '../../../../test/states-cases.ts';
import type { HistoryEvent } from './history.ts';

/** A recording whose answer cannot be had, with the reason. */
const SKIPPED: Readonly<Record<string, string>> = {};

const ARN = 'arn:<partition>:states:<region>:111111111111';
/** When the waits of the recordings begin: their times count from here. */
const START = new Date('2026-11-22T08:37:00Z');
const ENDS = /^Execution(?:Succeeded|Failed|Aborted|TimedOut)$/;

async function run(recorded: RecordedCase, index: number) {
  const execution = recorded.executions[index];
  const machine = recorded.stateMachines[execution?.sm ?? -1];
  assert.ok(execution !== undefined && machine !== undefined);
  const isStopped = 'stop_res' in recorded.expected;
  return play({
    definition: machine.definition,
    start: START,
    facts: {
      arn: `${ARN}:execution:<ArnPart_0idx>:<ExecArnPart_0idx>`,
      name: '<ExecArnPart_0idx>',
      stateMachineArn: `${ARN}:stateMachine:<ArnPart_0idx>`,
      stateMachineName: '<ArnPart_0idx>',
      roleArn: 'snf_role_arn',
      region: '<region>',
      input: execution.input ?? '{}',
      startTime: START.toISOString(),
    },
    interrupt: ({ status }, events) =>
      isStopped && status === 'RUNNING' && events.length === 2 ? { type: 'abort', error: null, cause: null } : null,
  });
}

function flat({ details, ...event }: HistoryEvent): RecordedEvent {
  return { ...event, timestamp: 'timestamp', ...(details === null ? {} : { [details[0]]: details[1] }) };
}

/**
 * Between June and November 2024 AWS began to let the exit of a distributed Map follow on MapRunStarted, where it
 * followed on MapRunSucceeded before: older recordings are read the new way.
 */
function asToday(events: readonly RecordedEvent[], recorded: string): readonly RecordedEvent[] {
  const [, month = 0, year = 0] = /^\d\d-(\d\d)-(\d{4})/.exec(recorded)?.map(Number) ?? [];
  if (year > 2024 || (year === 2024 && month >= 11)) return events;
  return events.map((event) => {
    const before = events.find(({ id }) => id === event.previousEventId && id !== 0);
    if (event.type !== 'MapStateExited' || before?.type !== 'MapRunSucceeded') return event;
    return { ...event, previousEventId: before.previousEventId };
  });
}

function compare(expected: readonly RecordedEvent[], played: readonly HistoryEvent[], recorded: string): void {
  const isSorted = expected.some(({ id }) => Array.isArray(id));
  const all = played.map(flat);
  const events = isSorted ? comparable(all) : all;
  // A history without an end was recorded while the execution ran.
  const isCut = !ENDS.test(expected.at(-1)?.type ?? '');
  const ours = isCut ? events.slice(0, expected.length) : events;
  const theirs = resorted(asToday(expected, recorded));
  assert.deepEqual(aligned(theirs, ours), theirs);
}

const cases = recordedCases();
test('recordings of AWS', {
  skip: cases === null ? 'the recordings (../shared/states) are not here' : false,
}, async (t) => {
  for (const recorded of cases ?? []) {
    const reason = SKIPPED[recorded.id];
    await t.test(recorded.id, { skip: reason ?? false }, async () => {
      let compared = 0;
      for (const { key, exec, cases: many } of recorded.matches) {
        const expected = recorded.expected[key];
        if (many !== undefined) {
          const outcomes = expected as readonly { output: unknown }[];
          for (const [index, { output }] of outcomes.entries()) {
            const { head } = await run(recorded, index);
            assert.deepEqual(head.output === null ? head : JSON.parse(head.output), output, `execution ${index}`);
            compared += 1;
          }
        } else if (exec !== undefined) {
          const { events, head } = await run(recorded, exec);
          if (isHistory(expected)) compare(expected.events, events, recorded.recorded);
          else compareEnd(expected as Record<string, unknown>, head);
          compared += 1;
        }
      }
      assert.ok(compared > 0);
    });
  }
});

function isHistory(value: unknown): value is { events: RecordedEvent[] } {
  return typeof value === 'object' && value !== null && 'events' in value;
}

/** DescribeExecution; StartExecution's answer has nothing of this in it. */
function compareEnd(
  expected: Record<string, unknown>,
  head: { status: string; error: string | null; cause: string | null },
): void {
  if (expected.status === undefined) return;
  const { status, error, cause } = head;
  assert.deepEqual(
    { status, error, cause },
    { status: expected.status, error: expected.error ?? null, cause: expected.cause ?? null },
  );
}
