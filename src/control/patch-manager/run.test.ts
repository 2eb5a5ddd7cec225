import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { KintsugiError } from '../../core/errors.ts';
import { type InstallRequest, LOG_PIECE } from '../../platforms/apt/install.ts';
import type { ScriptOutcome } from '../../platforms/targets/shell-process.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import { type FollowClock, newRunId, runInstall } from './run.ts';

const RUN = '20261122T203000Z-1a2b3c4d';
const request: InstallRequest = {
  runId: RUN,
  plan: [{ name: 'curl', architecture: 'amd64', from: '7.88', to: '8.0', step: 1, chosen: true }],
  full: false,
  conffiles: 'keep',
  lockTimeoutSeconds: 60,
};

/** What the machine answers when it is asked how the run gets on. */
interface Answer {
  readonly alive?: boolean;
  readonly result?: string;
  readonly journal?: string;
  readonly log?: string;
}

const LOST = new KintsugiError('SshRefused', 'web1 cannot be reached by ssh.');
const outcome = (more: Partial<ScriptOutcome> = {}): ScriptOutcome => ({
  code: 0,
  signal: null,
  stdout: '',
  stderr: '',
  timedOut: false,
  tooLong: false,
  ...more,
});

/** A machine that answers one after the other, the last one for ever. What it is told to do is noted. */
function machine(
  answers: readonly (Answer | 'lost' | 'cut off')[],
  faults: { stage?: ScriptOutcome; launch?: Error; stop?: Error[] } = {},
) {
  const done: string[] = [];
  const asked = { count: 0 };
  const stops = [...(faults.stop ?? [])];
  const target: ScriptTarget = {
    access: 'ssh',
    address: 'web1',
    root: null,
    again: '--ssh web1',
    waitSeconds: 0,
    reboot: null,
    read: async (script) => {
      const answer = answers[Math.min(asked.count, answers.length - 1)] ?? {};
      asked.count += 1;
      if (answer === 'lost') throw LOST;
      return outcome({ stdout: answer === 'cut off' ? 'half a' : progress(script, answer) });
    },
    change: async (script) => {
      if (script === `: >/var/lib/kintsugi/runs/${RUN}/stop\n`) {
        const fault = stops.shift();
        if (fault !== undefined) throw fault;
        done.push('stop');
        return outcome();
      }
      done.push('stage');
      return faults.stage ?? outcome();
    },
    launch: async (path) => {
      done.push(`launch ${path}`);
      if (faults.launch !== undefined) throw faults.launch;
    },
  };
  return { target, done, asked };
}

/** As follow.sh prints it. */
function progress(script: string, { alive = true, result = '', journal = '', log = '' }: Answer): string {
  const value = (name: string) => new RegExp(`^${name}='([^']*)'$`, 'm').exec(script)?.[1] ?? '';
  const section = (name: string, text: string) => `\n@@${value('NONCE')} ${name}\n${text}\n@@${value('NONCE')} end 0\n`;
  const position = `${Number(value('SKIP_JOURNAL')) + journal.length} ${Number(value('SKIP_LOG')) + log.length}\n`;
  return [
    section('alive', alive ? '1\n' : '0\n'),
    section('result', result === '' ? '' : `${result}\n`),
    section('journal', journal),
    section('log', log),
    section('position', position),
    section('done', ''),
  ].join('');
}

/** Time that passes only by waiting. */
function clock(): FollowClock & { readonly waited: () => number } {
  let now = 0;
  return {
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
      await setImmediate();
    },
    waited: () => now,
  };
}

async function followed(of: ReturnType<typeof machine>, stop?: AbortSignal) {
  const journal: string[] = [];
  const time = clock();
  const watch = { onJournal: (line: string) => void journal.push(line), ...(stop === undefined ? {} : { stop }) };
  const end = await runInstall(of.target, request, watch, time);
  return { end, journal, waited: time.waited() };
}

const begun: Answer = { journal: 'T1\tbegin 1 packages\n', log: 'Reading…\n' };

test('a run is laid down, started once, and followed to its end', async () => {
  const of = machine([
    { alive: false },
    begun,
    { journal: 'T2\tstep 1 begin curl', log: 'Setting up' },
    { alive: false, journal: ':amd64=8.0\nT3\tend ok\n', result: 'ok' },
  ]);
  const { end, journal } = await followed(of);
  assert.deepEqual(of.done, ['stage', `launch /var/lib/kintsugi/runs/${RUN}/run.sh`]);
  assert.deepEqual(end, { runId: RUN, result: 'ok', detail: '', log: 'Reading…\nSetting up', wentDown: false });
  assert.deepEqual(journal, ['T1\tbegin 1 packages', 'T2\tstep 1 begin curl:amd64=8.0', 'T3\tend ok']);
});

const ends: [string, string, string][] = [
  ['ok', 'ok', ''],
  ['failed step 2: libexpat1', 'failed', 'step 2: libexpat1'],
  ['drift step 1: curl:amd64=8.1', 'drift', 'step 1: curl:amd64=8.1'],
  ['stopped before step 2', 'stopped', 'before step 2'],
  ['repair-failed bash', 'repair-failed', 'bash'],
  ['locked step 1: E: Could not get lock', 'locked', 'step 1: E: Could not get lock'],
  ['busy another run patches it now', 'busy', 'another run patches it now'],
  ['interrupted taken up by 20261122T210000Z-1a2b3c4d', 'died', 'interrupted taken up by 20261122T210000Z-1a2b3c4d'],
  ['constructor', 'failed', 'constructor'],
];
for (const [result, word, detail] of ends) {
  test(`a run that ends with "${result}" has ${word}`, async () => {
    const { end } = await followed(machine([begun, { alive: false, result }]));
    assert.deepEqual([end.result, end.detail], [word, detail]);
  });
}

test('a run that cannot be laid down is not started', async () => {
  const of = machine([], {
    stage: outcome({ code: 1, stderr: 'mkdir: x\nmkdir: cannot create directory: Read-only file system\n' }),
  });
  await assert.rejects(followed(of), {
    code: 'InstallFailed',
    message: /laid down .*: mkdir: cannot create directory: Read-only/,
  });
  assert.deepEqual(of.done, ['stage']);
});

test('a run that is gone without a result has died', async () => {
  const { end } = await followed(machine([begun, { alive: false }]));
  assert.deepEqual([end.result, end.detail, end.log], ['died', 'it was ended from outside', 'Reading…\n']);
});

test('a run that does not begin within half a minute has never started', async () => {
  const { end, waited } = await followed(machine([{ alive: false }]));
  assert.deepEqual([end.result, end.detail], ['died', 'it never started']);
  assert.ok(waited > 30_000 && waited < 60_000);
});

test('a run that waits for another one is waited for', async () => {
  const waiting = Array.from({ length: 50 }, (): Answer => ({ alive: true }));
  const { end } = await followed(machine([...waiting, { ...begun, alive: false, result: 'ok' }]));
  assert.equal(end.result, 'ok');
});

test('a connection that breaks is tried again, and nothing is told twice', async () => {
  const of = machine([begun, 'lost', 'lost', 'cut off', { alive: false, journal: 'T2\tend ok\n', result: 'ok' }]);
  const { end, journal } = await followed(of);
  assert.equal(end.result, 'ok');
  assert.deepEqual(journal, ['T1\tbegin 1 packages', 'T2\tend ok']);
});

test('a connection that breaks while the run is started does not tell whether it began: following it does', async () => {
  assert.equal((await followed(machine([begun, { alive: false, result: 'ok' }], { launch: LOST }))).end.result, 'ok');
  assert.equal((await followed(machine([{ alive: false }], { launch: LOST }))).end.detail, 'it never started');
  const refused = new KintsugiError('Permission', 'no');
  await assert.rejects(followed(machine([begun], { launch: refused })), { code: 'Permission' });
});

test('a machine that does not answer for an hour is waited for no longer', async () => {
  const { end, waited } = await followed(machine([begun, 'lost']));
  assert.deepEqual([end.result, end.detail], ['died', 'the machine does not answer any more']);
  assert.ok(waited > 3_600_000);
});

test('a run is asked once to stop, and followed to its end', async () => {
  const of = machine([begun, begun, { alive: false, result: 'stopped before step 2' }]);
  const { end } = await followed(of, AbortSignal.abort());
  assert.deepEqual(
    of.done.filter((what) => what === 'stop'),
    ['stop'],
  );
  assert.equal(end.result, 'stopped');
});

test('a run is asked again to stop where the connection broke', async () => {
  const of = machine([begun, begun, begun, { alive: false, result: 'stopped before step 2' }], { stop: [LOST, LOST] });
  const { end } = await followed(of, AbortSignal.abort());
  assert.deepEqual([of.done.filter((what) => what === 'stop').length, end.result], [1, 'stopped']);
});

test('what goes wrong beside the connection is not waited out', async () => {
  const of = machine([begun], { stop: [new KintsugiError('Permission', 'no')] });
  await assert.rejects(followed(of, AbortSignal.abort()), { code: 'Permission' });
});

test('the end of a long log is still read when the result is there', async () => {
  const piece = 'x'.repeat(LOG_PIECE);
  const of = machine([
    { ...begun, log: piece, alive: false, result: 'failed step 1' },
    { alive: false, log: 'dpkg: error\n', result: 'failed step 1' },
  ]);
  const { end } = await followed(of);
  assert.equal(of.asked.count, 2);
  assert.ok(end.log.endsWith('xdpkg: error\n'));
});

test('of an endless log the newest part is kept', async () => {
  const piece: Answer = { ...begun, log: 'y'.repeat(LOG_PIECE) };
  const { end } = await followed(machine([piece, piece, piece, { alive: false, log: 'last', result: 'ok' }]));
  assert.ok(end.log.length <= 2_000_000 && end.log.endsWith('last'));
});

test('the id of a run begins with its time, and two in a second differ', () => {
  const now = new Date('2026-11-22T20:30:00.123Z');
  const ids = new Set(Array.from({ length: 50 }, () => newRunId(now)));
  assert.equal(ids.size, 50);
  for (const id of ids) assert.match(id, /^20261122T203000Z-[0-9a-f]{8}$/);
});

test('a node that went down with its answer is asked once more, and tells what became of the run', async () => {
  for (const code of ['ProbeFailed', 'NodeUnreachable'] as const) {
    const lost = new KintsugiError(code, 'mi-1: the answer is lost');
    const on = (answers: Parameters<typeof machine>[0]) => {
      const of = machine(answers, { launch: lost });
      const read: ScriptTarget['read'] = (script, options) =>
        of.target.read(script, options).catch((error) => {
          throw error === LOST ? lost : error;
        });
      return { ...of, target: { ...of.target, access: 'agent' as const, read } };
    };
    const { end } = await followed(on([begun, 'lost', { alive: false }]));
    assert.deepEqual([end.result, end.detail, end.wentDown], ['died', 'it was ended from outside', true]);
    await assert.rejects(followed(on([begun, 'lost', begun, 'lost', 'lost'])), lost);
  }
});
