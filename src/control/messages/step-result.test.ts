import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDone, mergeSteps, type StepResult } from './step-result.ts';

const step: fc.Arbitrary<StepResult> = fc.record(
  {
    name: fc.constant('one'),
    status: fc.constantFrom('NotStarted', 'InProgress', 'SuccessAndReboot', 'Success', 'Failed', 'Skipped'),
    code: fc.constantFrom(0, 1, 194),
    plugin: fc.constantFrom('', 'aws:runShellScript'),
    output: fc.constantFrom('', 'a', 'b'),
    standardOutput: fc.constantFrom('', 'a', 'b'),
    standardError: fc.constant(''),
    startedAt: fc.constant(null),
    endedAt: fc.constant(null),
    reportedAt: fc.constantFrom(new Date(1000), new Date(2000), new Date(3000)),
  },
  { noNullPrototype: true },
);

test('what is known of a step does not depend on the order or the number of its reports', () => {
  fc.assert(
    fc.property(step, step, step, (a, b, c) => {
      assert.deepEqual(mergeSteps(a, b), mergeSteps(b, a));
      assert.deepEqual(mergeSteps(mergeSteps(a, b), c), mergeSteps(a, mergeSteps(b, c)));
      assert.deepEqual(mergeSteps(a, a), a);
    }),
  );
});

test('a step that is done stays done', () => {
  fc.assert(
    fc.property(step, step, (a, b) => {
      assert.equal(isDone(mergeSteps(a, b)), isDone(a) || isDone(b));
    }),
  );
});
