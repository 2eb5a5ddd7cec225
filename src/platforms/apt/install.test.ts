import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  composeFollow,
  composeStage,
  composeStop,
  type InstallRequest,
  LOG_PIECE,
  type PlannedInstall,
  parseFollow,
  runScriptPath,
} from './install.ts';

const RUN = '20261122T203000Z-1a2b3c4d';
const NONCE = 'ab'.repeat(16);
const HOME = '/var/lib/kintsugi';

const curl: PlannedInstall = { name: 'curl', architecture: 'amd64', from: '7.88', to: '8.0', step: 1, chosen: true };
const request: InstallRequest = {
  runId: RUN,
  plan: [curl],
  full: false,
  conffiles: 'keep',
  lockTimeoutSeconds: 60,
};

/** A folder that stands for /var/lib/kintsugi, and a shell that runs our scripts with it. */
function home(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-home-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const run = (script: string) => spawnSync('/bin/sh', ['-s'], { input: script.replaceAll(HOME, folder) });
  return { folder, run, runs: join(folder, 'runs', RUN) };
}

test('a run is laid down as a script that only its owner may change, and nothing of it runs', (t) => {
  const { folder, run, runs } = home(t);
  const { status, stdout, stderr } = run(composeStage(request));
  assert.deepEqual([status, stdout.length, stderr.toString()], [0, 0, '']);
  const script = readFileSync(join(runs, 'run.sh'), 'utf8');
  assert.match(script, /^PLAN='1\tcurl\tamd64\t8\.0\t1'$/m);
  assert.match(script, /^OPTIONS='--only-upgrade --no-auto-remove --no-remove'$/m);
  assert.match(script, /^CONFFILES='--force-confdef --force-confold'$/m);
  assert.equal(statSync(join(runs, 'run.sh')).mode & 0o777, 0o644);
  assert.equal(statSync(join(folder, 'lock')).size, 0);
  assert.equal(spawnSync('dash', ['-n', join(runs, 'run.sh')]).status ?? 0, 0);
});

test('a run is never laid down over another', (t) => {
  const { run, runs } = home(t);
  run(composeStage(request));
  writeFileSync(join(runs, 'run.sh'), 'the first');
  assert.notEqual(run(composeStage(request)).status, 0);
  assert.equal(readFileSync(join(runs, 'run.sh'), 'utf8'), 'the first');
});

test('a run is asked to stop by a file of its own', (t) => {
  const { run, runs } = home(t);
  run(composeStage(request));
  assert.equal(run(composeStop(RUN)).status, 0);
  assert.equal(statSync(join(runs, 'stop')).size, 0);
});

test('only an id of ours names a folder', () => {
  for (const runId of ['', '..', '20261122T203000Z-1a2b3c4d/../x', `${RUN}\n`, '$(id)', RUN.toUpperCase()]) {
    assert.throws(() => runScriptPath(runId), /not a run id/);
    assert.throws(() => composeStage({ ...request, runId }), /not a run id/);
    assert.throws(() => composeStop(runId), /not a run id/);
    assert.throws(() => composeFollow(NONCE, runId, { journal: 0, log: 0 }), /not a run id/);
  }
});

test('only what Debian allows stands in the plan of a run, a removal as well', () => {
  const staged = (more: Partial<PlannedInstall>) => composeStage({ ...request, plan: [{ ...curl, ...more }] });
  assert.match(staged({ to: null, chosen: false }), /1\tcurl\tamd64\t-\t0/);
  for (const more of [{ name: 'c\turl' }, { architecture: '' }, { to: '8\n' }, { name: '-o', to: null }]) {
    assert.throws(() => staged(more), /may reach a command/);
  }
});

/** What follow.sh answers about the files of a run. */
function followed(at: ReturnType<typeof home>, position = { journal: 0, log: 0 }) {
  const { status, stdout } = at.run(composeFollow(NONCE, RUN, position));
  assert.equal(status, 0);
  const progress = parseFollow(stdout.toString('utf8'), NONCE);
  assert.ok(progress);
  return progress;
}

test('a run that has not begun has said nothing and is not alive', (t) => {
  const at = home(t);
  const nothing = { alive: false, result: null, journal: '', log: '', position: { journal: 0, log: 0 } };
  assert.deepEqual(followed(at), nothing);
  at.run(composeStage(request));
  assert.deepEqual(followed(at), nothing);
});

test('a run is followed piece by piece to its end', (t) => {
  const at = home(t);
  at.run(composeStage(request));
  writeFileSync(join(at.runs, 'journal'), 'T1\tbegin 1 packages\n');
  writeFileSync(join(at.runs, 'log'), 'Reading');
  const first = followed(at);
  assert.deepEqual([first.journal, first.log, first.result], ['T1\tbegin 1 packages\n', 'Reading', null]);
  assert.deepEqual(first.position, { journal: 20, log: 7 });
  assert.deepEqual(followed(at, first.position), { ...first, journal: '', log: '' });
  writeFileSync(join(at.runs, 'journal'), 'T2\tend ok\n', { flag: 'a' });
  writeFileSync(join(at.runs, 'result'), 'ok\n');
  const last = followed(at, first.position);
  assert.deepEqual([last.journal, last.log, last.result, last.alive], ['T2\tend ok\n', '', 'ok', false]);
});

test('bytes that are no UTF-8 are not counted by what they are read as', (t) => {
  const at = home(t);
  at.run(composeStage(request));
  writeFileSync(join(at.runs, 'log'), Buffer.from([0xe4, 0xf6, 0xfc, 0x0a]));
  const { log, position } = followed(at);
  assert.equal(log, '\ufffd\ufffd\ufffd\n');
  assert.equal(position.log, 4);
  writeFileSync(join(at.runs, 'log'), 'next\n', { flag: 'a' });
  assert.equal(followed(at, position).log, 'next\n');
});

test('a long log comes in pieces, and all of it', (t) => {
  const at = home(t);
  at.run(composeStage(request));
  writeFileSync(join(at.runs, 'log'), 'x'.repeat(LOG_PIECE + 5));
  const first = followed(at);
  assert.deepEqual([first.log.length, first.position.log], [LOG_PIECE, LOG_PIECE]);
  assert.equal(followed(at, first.position).log, 'xxxxx');
});

test('who holds the lock is alive, and one who only looks is not', (t) => {
  const at = home(t);
  at.run(composeStage(request));
  const asking = composeFollow(NONCE, RUN, { journal: 0, log: 0 });
  const held = (how: string) => {
    const script = `exec 9>>${HOME}/lock\nflock ${how} 9\n${asking}`;
    return parseFollow(at.run(script).stdout.toString(), NONCE)?.alive;
  };
  assert.equal(held('-x'), true);
  assert.equal(held('-s'), false);
  assert.equal(followed(at).alive, false);
});

test('an answer that was cut off is none', (t) => {
  const at = home(t);
  at.run(composeStage(request));
  const whole = at.run(composeFollow(NONCE, RUN, { journal: 0, log: 0 })).stdout.toString();
  for (let length = 0; length < whole.length; length += 1)
    assert.equal(parseFollow(whole.slice(0, length), NONCE), null);
  assert.equal(parseFollow(whole.replace(/\n0 0\n/, '\nall\n'), NONCE), null);
});

const noDpkg = spawnSync('dpkg', ['--print-architecture']).status === 0 ? false : 'needs dpkg';
const NATIVE = noDpkg ? '' : spawnSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).stdout.trim();

const drifts: [string, PlannedInstall[], string, string][] = [
  ['nothing but the plan', [curl], `Inst curl [7.88] (8.0 Debian:12 [amd64]) []\nConf curl (8.0 x [amd64])\n`, ''],
  ['another version', [curl], 'Inst curl [7.88] (8.1 Debian:12 [amd64])\n', 'curl:amd64=8.1\n'],
  ['another architecture', [curl], 'Inst curl:i386 [7.88] (8.0 Debian:12 [i386])\n', 'curl:i386=8.0\n'],
  ['another package', [curl], 'Inst bash (5.3 Debian:12 [amd64])\n', 'bash:amd64=5.3\n'],
  ['a removal', [curl], `Remv bash [5.2]\nPurg perl:i386 [5.36]\n`, 'removal of bash\nremoval of perl:i386\n'],
  [
    'removals of the plan',
    [
      { ...curl, architecture: NATIVE, to: null },
      { ...curl, name: 'perl', architecture: 'i386', to: null },
      { ...curl, name: 'tzdata', architecture: 'all', to: null },
    ],
    'Remv curl [7.88]\nRemv perl:i386 [7.88]\nPurg tzdata [7.88]\n',
    '',
  ],
  [
    'a removal that is planned for another architecture',
    [{ ...curl, architecture: 'i386', to: null }],
    'Remv curl [7.88]\n',
    'removal of curl\n',
  ],
];
for (const [name, plan, simulation, expected] of drifts) {
  test(`a step that would do ${name} ${expected === '' ? 'is as planned' : 'is not as planned'}`, {
    skip: noDpkg,
  }, (t) => {
    const at = home(t);
    at.run(composeStage({ ...request, plan }));
    mkdirSync(at.runs, { recursive: true });
    writeFileSync(join(at.runs, 'simulation'), simulation);
    const script = readFileSync(join(at.runs, 'run.sh'), 'utf8').replace(/\nmain <\/dev\/null\n$/, '\n');
    assert.doesNotMatch(script, /\nmain <\/dev\/null/);
    const { stdout } = at.run(`${script}printf '%s\\n' "$PLAN" >"$RUN/plan"\ndrift\n`);
    assert.equal(stdout.toString(), expected);
  });
}
