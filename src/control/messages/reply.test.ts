import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readReply } from './reply.ts';

const NOW = new Date('2026-03-01T00:00:00Z');
const read = (reply: unknown) => readReply(JSON.stringify(reply), NOW);

test('a reply tells steps, the last word and how many steps ran to an end', () => {
  const reply = read({
    additionalInfo: {
      dateTime: '2026-02-28T23:59:58.123Z',
      runtimeStatusCounts: { Success: 2, Failed: 1, Skipped: 58, SuccessAndReboot: 1 },
    },
    documentStatus: 'Failed',
    documentTraceOutput: 'why',
    runtimeStatus: { one: { status: 'Success', code: 0, startDateTime: '0001-01-01T00:00:00Z' } },
  });
  assert.deepEqual([reply.outcome, reply.countedSteps, reply.trace], ['Failed', 3, 'why']);
  assert.equal(reply.steps[0]?.reportedAt.toISOString(), '2026-02-28T23:59:58.123Z');
  assert.equal(reply.steps[0]?.startedAt, null, 'year 1 is how Go writes no time');
});

test('going on and going to reboot are no last words', () => {
  for (const documentStatus of ['InProgress', 'SuccessAndReboot', 'PassedAndReboot', 'NotStarted', 'Sleeping'])
    assert.equal(read({ documentStatus, runtimeStatus: null }).outcome, null);
});

test('what is no reply is refused, and so is one of too many steps', () => {
  for (const payload of [
    '',
    'null',
    '[]',
    '{',
    '{"documentStatus":1}',
    '{"documentStatus":"Success","runtimeStatus":[]}',
  ])
    assert.throws(() => readReply(payload, NOW), { code: 'ValidationException' });
  const step = { status: 'Success' };
  const runtimeStatus = Object.fromEntries(Array.from({ length: 401 }, (_, index) => [`s${index}`, step]));
  assert.throws(() => read({ documentStatus: 'InProgress', runtimeStatus }), { code: 'ValidationException' });
});

test('whatever a node says is bounded, and text that a store can keep', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.constant('é\0\ud800'.repeat(20_000)));
  const step = fc.record({ status: fc.constant('Success'), code: fc.double(), output: text, standardOutput: text });
  fc.assert(
    fc.property(fc.dictionary(text, step, { maxKeys: 3 }), text, (runtimeStatus, documentTraceOutput) => {
      const { steps, trace } = read({ documentStatus: 'Success', documentTraceOutput, runtimeStatus });
      for (const one of [trace, ...steps.flatMap((s) => [s.name, s.output, s.standardOutput])]) {
        assert.ok(one.length <= 25_000 && one.isWellFormed() && !one.includes('\0'));
      }
      assert.ok(steps.every(({ code }) => Number.isInteger(code) && Math.abs(code) < 2 ** 31));
    }),
    { numRuns: 50 },
  );
});
