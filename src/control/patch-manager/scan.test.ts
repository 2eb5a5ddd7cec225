import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_KNOWLEDGE } from '../../core/advisories/knowledge.ts';
import { baseline, installed, inventory, NOW, rule, updateOf } from '../../core/compliance/inventory-arbitrary.ts';
import { captured } from '../../platforms/apt/fixture-for-tests.ts';
import type { ScriptOutcome } from '../../platforms/targets/shell-process.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import type { FirstSeen } from './first-seen.ts';
import { newNonce } from './nonce.ts';
import { gather, judgeInventory, refresh, scanReport } from './scan.ts';

const RECORDED = '0123456789abcdef0123456789abcdef';

/** A machine that says this; `@@` in front of what it says stands for the nonce that it was given. */
function target(said: Partial<ScriptOutcome>): ScriptTarget {
  const answer = async (script: string): Promise<ScriptOutcome> => {
    const nonce = /^NONCE='([0-9a-f]{32})'$/m.exec(script)?.[1] ?? '';
    const outcome = { code: 0, signal: null, stdout: '', stderr: '', timedOut: false, tooLong: false, ...said };
    return { ...outcome, stdout: outcome.stdout.replaceAll(RECORDED, nonce) };
  };
  const launch = () => Promise.reject(new Error('a scan starts nothing'));
  return {
    access: 'ssh',
    address: 'web1',
    root: null,
    again: '--ssh web1',
    waitSeconds: 0,
    reboot: null,
    read: answer,
    change: answer,
    launch,
  };
}

const options = { full: false, now: () => NOW };
const probe = captured('probe-debian12.txt');

test('the inventory of a machine is what its probe tells, at the moment of who asked', async () => {
  const found = await gather(target({ stdout: probe }), options);
  assert.equal(found.packages.length, 19);
  assert.deepEqual(
    [found.target.access, found.target.address, found.evidence.gatheredAt],
    ['ssh', 'web1', NOW.toISOString()],
  );
});

const failures: [string, Partial<ScriptOutcome>, RegExp][] = [
  ['does not end', { stdout: probe, timedOut: true }, /did not end within 180 seconds/],
  ['never stops talking', { stdout: probe, tooLong: true }, /more than any machine has to say/],
  ['cannot run', { code: 127, stderr: 'x\nsh: not found\n' }, /could not run: sh: not found\.$/],
  ['says nothing', {}, /could not run\.$/],
  ['says what another probe was asked', { stdout: probe.replaceAll(RECORDED, 'f'.repeat(32)) }, /could not run\.$/],
  ['ends in the middle', { stdout: probe.slice(0, 5000) }, /ended in the middle/],
];
for (const [name, said, message] of failures) {
  test(`a probe that ${name} is no inventory`, async () => {
    await assert.rejects(gather(target(said), options), { code: 'ProbeFailed', message });
  });
}

const section = (name: string, text: string, code: number) =>
  `\n@@${RECORDED} ${name}\n${text}\n@@${RECORDED} end ${code}\n`;
const update = (text: string, code: number) => ({ stdout: section('update', text, code) + section('done', '', 0) });

const refreshes: [string, Partial<ScriptOutcome>, string | null][] = [
  ['lists that came', update('', 0), null],
  ['a mirror that is down', update('E: Failed to fetch http://mirror.example/x\n', 100), 'RefreshFailed'],
  [
    'a lock that another holds',
    update('E: Could not get lock /var/lib/apt/lists/lock. It is held by process 42\n', 100),
    'Locked',
  ],
  ['lists that another reads in', update('E: Unable to acquire the dpkg frontend lock\n', 100), 'Locked'],
  ['a user who may not', update('E: Could not open lock file - open (13: Permission denied)\n', 100), 'Permission'],
  ['no end in time', { ...update('', 0), timedOut: true }, 'RefreshFailed'],
  ['an end in the middle', {}, 'RefreshFailed'],
];
for (const [name, said, code] of refreshes) {
  test(`fetching lists: ${name}${code === null ? '' : ` is ${code}`}`, async () => {
    if (code === null) await refresh(target(said), 60);
    else await assert.rejects(refresh(target(said), 60), { code });
  });
}

const openssl = installed();
const by = baseline({}, [rule({ ApproveAfterDays: 7 })]);
const noted = new Map<string, string>();
const seen: FirstSeen = {
  of: ({ name }) => noted.get(name) ?? null,
  note: async (updates, now) => {
    for (const { name } of updates) noted.set(name, now.toISOString());
    return updates.length;
  },
};
const judging = { baseline: by, knowledge: EMPTY_KNOWLEDGE, now: NOW };

test('what is seen for the first time is noted before it is judged', async () => {
  const judged = await judgeInventory(inventory({ updates: [updateOf(openssl)] }), { ...judging, seen });
  assert.deepEqual([judged.evaluation.patches[0]?.firstSeen, judged.warnings], [NOW.toISOString(), []]);
  assert.equal(judged.evaluation.patches[0]?.approvedAt, '2026-11-29T12:00:00.000Z');
});

test('where nothing can be noted the judging goes on, with a warning', async () => {
  const broken: FirstSeen = { of: () => null, note: () => Promise.reject(new Error('EACCES: permission denied')) };
  const judged = await judgeInventory(inventory({ updates: [updateOf(openssl)] }), { ...judging, seen: broken });
  assert.match(judged.warnings[0] ?? '', /EACCES: permission denied.*delays start again/);
  assert.equal(judged.evaluation.patches[0]?.reason, 'not-yet-approved');
});

test('a report tells of updates and of what is not simply installed, and of all only when asked', async () => {
  const packages = [openssl, installed({ name: 'bash' }), installed({ name: 'broken', status: 'unpacked' })];
  const problem = { code: 'lists-stale' as const, unknown: true, message: 'Old.', next: 'kintsugi scan --refresh' };
  const { evidence } = inventory();
  const of = inventory({ packages, updates: [updateOf(openssl)], evidence: { ...evidence, problems: [problem] } });
  const judged = await judgeInventory(of, { ...judging, seen });
  const report = (all: boolean) => scanReport(judged, by, { from: 'b.yaml', all, again: '--ssh web1' });
  const names = (all: boolean) => report(all).patches.map(({ name }) => name);
  assert.deepEqual(names(false), ['broken', 'openssl']);
  assert.deepEqual(names(true), ['bash', 'broken', 'openssl']);
  assert.deepEqual(report(false).counts, report(true).counts);
  const { status, baseline: named, problems, scannedAt } = report(false);
  assert.deepEqual([status, named.from, named.id, scannedAt], ['UNKNOWN', 'b.yaml', null, NOW.toISOString()]);
  assert.equal(problems[0]?.next, 'kintsugi scan --ssh web1 --refresh');
});

test('every question has a nonce of its own', () => {
  const nonces = new Set(Array.from({ length: 100 }, newNonce));
  assert.equal(nonces.size, 100);
  for (const nonce of nonces) assert.match(nonce, /^[0-9a-f]{32}$/);
});
