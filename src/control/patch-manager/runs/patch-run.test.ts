import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ScriptedNode, scriptedNode } from '../../../../test/scripted-node.ts';
import { EMPTY_KNOWLEDGE } from '../../../core/advisories/knowledge.ts';
import { predefinedFor } from '../../../core/baselines/predefined.ts';
import { KintsugiError } from '../../../core/errors.ts';
import { type PatchRunContext, runPatchOperation } from './patch-run.ts';
import { patchRunText } from './run-text.ts';

const NOW = new Date('2026-11-23T12:00:00Z');
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const DAYS = 24 * 60;
const MIRROR_AWAY = 'E: Failed to fetch http://mirror.example/x  Could not connect (111: Connection refused)';

async function scan(set: Partial<ScriptedNode>, more: Partial<PatchRunContext> = {}) {
  const node = Object.assign(
    scriptedNode(() => NOW),
    set,
  );
  const order: string[] = [];
  const context: PatchRunContext = {
    messenger: { send: async (steps) => node.answer(steps) },
    snapshotFor: async (os) => {
      order.push(...node.asked, 'freeze');
      return { baseline: predefinedFor(os), frozenAt: NOW };
    },
    knowledge: EMPTY_KNOWLEDGE,
    firstSeen: async () => ({ of: () => null, note: async () => 0 }),
    now: () => NOW,
    mayChange: async () => true,
    sleep: async () => {},
    onPhase: () => {},
    beforeChange: async () => {},
    ...more,
  };
  const request = { instanceId: 'mi-0123456789abcdef0', operation: 'Scan', rebootOption: 'NoReboot' } as const;
  const outcome = await runPatchOperation(context, request);
  return { order, asked: node.asked, outcome, text: patchRunText(request, outcome), ...outcome.after.evaluation };
}

test('lists are fetched before anything is judged, and what is judged are the lists that came', async () => {
  const { order, outcome, text, status } = await scan({ listsAt: ago(20 * DAYS) });
  assert.deepEqual(order, ['probe', 'refresh', 'probe', 'freeze']);
  assert.equal(outcome.after.inventory.evidence.listsUpdatedAt, NOW.toISOString());
  assert.notEqual(status, 'UNKNOWN');
  assert.match(text, /^ {2}package lists: fetched by this run$/m);
});

for (const minutes of [0, 9, -3]) {
  test(`lists of ${minutes} minutes ago are not fetched again`, async () => {
    const { asked, text } = await scan({ listsAt: ago(minutes) });
    assert.deepEqual(asked, ['probe']);
    assert.match(text, /^ {2}package lists: not fetched again, for they are minutes old$/m);
  });
}

for (const minutes of [10, 5 * DAYS, -60]) {
  test(`lists of ${minutes} minutes ago are fetched`, async () => {
    assert.deepEqual((await scan({ listsAt: ago(minutes) })).asked, ['probe', 'refresh', 'probe']);
  });
}

test('a fetch that fails is told with the words of apt, and the scan goes on with the lists that are there', async () => {
  const { asked, status, text, outcome } = await scan({ listsAt: ago(2 * DAYS), trouble: MIRROR_AWAY });
  assert.deepEqual(asked, ['probe', 'refresh', 'probe']);
  assert.notEqual(status, 'UNKNOWN');
  assert.equal(outcome.error, null);
  const [problem] = outcome.after.inventory.evidence.problems.filter(({ code }) => code === 'refresh-failed');
  assert.equal(problem?.unknown, false);
  assert.match(text, /^ {2}refresh-failed: .*Could not connect \(111: Connection refused\)/m);
  assert.match(text, /^ {2}package lists: NOT fetched by this run/m);
});

test('old lists that cannot be fetched make the node unknown', async () => {
  const { status, statusReasons, text } = await scan({ listsAt: ago(20 * DAYS), trouble: MIRROR_AWAY });
  assert.equal(status, 'UNKNOWN', text);
  assert.match(statusReasons.join(), /older than 7 days|cannot be told/);
  assert.match(text, /^ {2}refresh-failed: /m);
});

test('what apt says of a failure is bounded and cannot write into the output', async () => {
  const { text } = await scan({ listsAt: ago(DAYS), trouble: `E: \u001b[31m${'x'.repeat(5000)}` });
  const line = /^ {2}refresh-failed: (.*)$/m.exec(text)?.[1] ?? '';
  assert.ok(line.includes('\\u{1b}[31mxxx') && line.length <= 500, line);
});

test('a node that may only be looked at is not changed, and old lists are told', async () => {
  const mayChange = async () => false;
  const old = await scan({ listsAt: ago(2 * DAYS) }, { mayChange });
  assert.deepEqual(old.asked, ['probe']);
  assert.match(old.text, /^ {2}package lists: not fetched by this run: this node is scan-only$/m);
  const daily = await scan({ listsAt: ago(60) }, { mayChange });
  assert.deepEqual(daily.asked, ['probe']);
  assert.doesNotMatch(daily.text, /package lists: /);
});

test('the agent of a plain user is not asked to fetch, and the output says so in one line', async () => {
  const { asked, text } = await scan({ listsAt: ago(60), uid: 1000 });
  assert.deepEqual(asked, ['probe']);
  assert.equal(text.match(/package lists: .*plain user/g)?.length, 1);
});

test('lists are left alone while a run of somebody else goes on: it would stop at what they change', async () => {
  const { asked, text } = await scan({ listsAt: ago(60), runs: '20261123T115900Z-x\t1\t2026-11-23T11:59:00Z\tstep\n' });
  assert.deepEqual(asked, ['probe']);
  assert.match(text, /package lists: not fetched by this run: another run is at work/);
});

test('who takes over after the installation leaves the lists as they are', async () => {
  const { asked, text } = await scan({ listsAt: ago(60) }, { isInstalled: true });
  assert.deepEqual(asked, ['probe']);
  assert.doesNotMatch(text, /package lists: /);
});

for (const code of ['NodeUnreachable', 'CommandCancelled'] as const) {
  test(`a fetch that ends as ${code} ends the run`, async () => {
    const node = Object.assign(
      scriptedNode(() => NOW),
      { listsAt: ago(60) },
    );
    const send: PatchRunContext['messenger']['send'] = async (steps) => {
      const answer = node.answer(steps);
      if (node.asked.at(-1) === 'refresh') throw new KintsugiError(code, 'gone');
      return answer;
    };
    await assert.rejects(scan({}, { messenger: { send } }), { code });
  });
}

test('a fetch that does not end in time is one that failed', async () => {
  const node = Object.assign(
    scriptedNode(() => NOW),
    { listsAt: ago(60) },
  );
  const limits: number[] = [];
  const send: PatchRunContext['messenger']['send'] = async (steps, { timeoutSeconds }) => {
    const answer = node.answer(steps);
    if (node.asked.at(-1) !== 'refresh') return answer;
    limits.push(timeoutSeconds);
    return new Map([['answer', { status: 'TimedOut', code: 137, standardOutput: '' }]]);
  };
  const { text } = await scan({}, { messenger: { send } });
  assert.deepEqual(limits, [600]);
  assert.match(text, /refresh-failed: .*it did not end within 600 seconds/);
});
