import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_KNOWLEDGE } from '../../core/advisories/knowledge.ts';
import { evaluate } from '../../core/compliance/evaluate.ts';
import type { ProblemCode } from '../../core/compliance/inventory.ts';
import { baseline, installed, inventory, NOW, rule, updateOf } from '../../core/compliance/inventory-arbitrary.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { PlannedInstall } from '../../platforms/apt/install.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import { checkIdle, checkSpace, needsRepair, type PatchOptions, prepare, runError } from './patch.ts';
import type { PatchPlan } from './plan.ts';
import type { RunEnd } from './run.ts';
import type { Judged } from './scan.ts';

const everything = baseline({}, [rule({ EnableNonSecurity: true })]);
const names = ['curl', 'curl:i386', 'nginx-common'];
const packages = names.map((name) => {
  const [own = '', architecture = 'amd64'] = name.split(':');
  return installed({ name: own, architecture, version: '1' });
});
const gathered = inventory({ packages, updates: packages.map((one) => updateOf(one, { version: '2' })) });
const judged: Judged = {
  inventory: gathered,
  evaluation: evaluate(gathered, EMPTY_KNOWLEDGE, everything, NOW, { firstSeen: () => null }),
  firstSeen: () => null,
  warnings: [],
};
const installs = packages.map(
  ({ name, architecture }): PlannedInstall => ({ name, architecture, from: '1', to: '2', step: 1, chosen: true }),
);
const plan: PatchPlan = { installs, leftOut: [], downloadBytes: 0, answer: null };
const options: PatchOptions = {
  baseline: everything,
  full: false,
  only: [],
  conffiles: 'keep',
  lockTimeoutSeconds: 60,
};

interface Fetched {
  readonly conffiles?: string;
  readonly boot?: string;
  readonly space?: string;
  readonly error?: string;
  readonly busy?: boolean;
  readonly cut?: boolean;
}

/** A machine that fetches archives, and plans what it is asked for with `along` in addition. */
function machine(fetched: Fetched, along = '') {
  const done: string[] = [];
  const value = (script: string, name: string) => new RegExp(`^${name}='([^']*)'$`, 'm').exec(script)?.[1] ?? '';
  const outcome = (stdout: string, stderr = '') => ({
    code: 0,
    signal: null,
    stdout,
    stderr,
    timedOut: false,
    tooLong: false,
  });
  const sections = (script: string, list: Readonly<Record<string, string | number>>) =>
    Object.entries({ ...list, done: '' })
      .map(([name, text]) => {
        const mark = `@@${value(script, 'NONCE')}`;
        return typeof text === 'number'
          ? `\n${mark} ${name}\n\n${mark} end ${text}\n`
          : `\n${mark} ${name}\n${text}\n${mark} end 0\n`;
      })
      .join('');
  const target: ScriptTarget = {
    access: 'local',
    address: 'web1',
    root: null,
    again: '',
    waitSeconds: 0,
    reboot: null,
    read: async (script) => {
      if (!script.includes('EACH='))
        return outcome(sections(script, { locks: '/var/lib/dpkg/lock-frontend\t42\tapt-get install\n' }));
      const words = value(script, 'WANTED').split('\n');
      const lines = words.map((word) => word.replace(/^(.*):(.*)=(.*)$/, 'Inst $1 [1] ($3 Debian:12 [$2])\n'));
      return outcome(sections(script, { all: lines.join('') + along, space: '/\t99999999\n' }));
    },
    change: async (script) => {
      if (!script.includes('WANTED=')) {
        done.push('discard');
        return outcome('');
      }
      done.push(`fetch ${value(script, 'WANTED').replaceAll('\n', ' ')}`);
      if (fetched.cut) return outcome('half', 'no room\n');
      if (fetched.busy) return outcome(sections(script, { busy: 1 }));
      const { conffiles = '', boot = '', space = '/\t99999999\n', error } = fetched;
      const text = sections(script, { download: error ?? '', conffiles, boot, space });
      return outcome(error === undefined ? text : text.replace(/(E: [^\n]*\n+@@\w+ end) 0/, '$1 123'));
    },
    launch: () => Promise.reject(new Error('nothing is started here')),
  };
  return { target, done };
}

const watch = { onJournal: () => {}, onPhase: () => {} };
const ALL = 'fetch curl:amd64=2 curl:i386=2 nginx-common:amd64=2';

test('archives are fetched for what was chosen, and nothing else is done', async () => {
  const { target, done } = machine({ conffiles: 'curl\t/etc/curlrc\n' });
  const ready = await prepare(target, judged, plan, options, watch);
  assert.deepEqual(done, [ALL]);
  assert.equal(ready.plan, plan);
  assert.deepEqual(ready.prepared.conffiles, [{ name: 'curl', path: '/etc/curlrc' }]);
});

test('with skip, packages that dpkg would ask about are left out in every architecture, and the plan is made anew', async () => {
  const { target, done } = machine({ conffiles: 'curl\t/etc/curlrc\ngone\t/etc/x\n' });
  const ready = await prepare(target, judged, plan, { ...options, conffiles: 'skip' }, watch);
  assert.deepEqual(done, [ALL, 'fetch nginx-common:amd64=2']);
  assert.deepEqual(
    ready.plan.installs.map(({ name }) => name),
    ['nginx-common'],
  );
  assert.deepEqual(
    ready.plan.leftOut.map(({ name, architecture, reason }) => [name, architecture, reason]),
    [
      ['curl', 'amd64', 'conffile-blocked'],
      ['curl', 'i386', 'conffile-blocked'],
    ],
  );
});

test('with skip, where nothing is left the archives go again', async () => {
  const { target, done } = machine({ conffiles: 'curl\t/etc/a\nnginx-common\t/etc/b\n' });
  const ready = await prepare(target, judged, plan, { ...options, conffiles: 'skip' }, watch);
  assert.deepEqual([ready.plan.installs, done], [[], [ALL, 'discard']]);
});

test('with skip, what other updates need cannot be left out', async () => {
  const { target, done } = machine({ conffiles: 'curl\t/etc/curlrc\n' }, 'Inst curl [1] (2 Debian:12 [amd64])\n');
  await assert.rejects(prepare(target, judged, plan, { ...options, conffiles: 'skip' }, watch), {
    code: 'PlanRefused',
    message: /curl is needed by other updates/,
  });
  assert.deepEqual(done, [ALL, 'discard']);
});

const failures: [string, Fetched, ErrorCode, RegExp, string[]][] = [
  [
    'a /boot that is too small',
    { boot: 'linux-image-x\t2048\n', space: '/\t0\n/boot\t1\n' },
    'NoSpace',
    /\/boot needs/,
    ['discard'],
  ],
  [
    'a download that fails',
    { error: 'E: Failed to fetch http://mirror.example/x\n' },
    'InstallFailed',
    /Failed to fetch/,
    ['discard'],
  ],
  [
    'a lock that another holds',
    { error: 'E: Could not get lock /var/cache/x\n' },
    'Locked',
    /held by process 42 \(apt-get install\)/,
    ['discard'],
  ],
  ['an end in the middle', { cut: true }, 'InstallFailed', /could not be fetched: no room/, ['discard']],
  ['another run at work, whose archives stay', { busy: true }, 'RunInProgress', /another run/, []],
];
for (const [name, fetched, code, message, after] of failures) {
  test(`${name}: ${code}, and nothing is installed`, async () => {
    const { target, done } = machine(fetched);
    await assert.rejects(prepare(target, judged, plan, options, watch), { code, message });
    assert.deepEqual(done.slice(1), after);
  });
}

test('who stops before the installation leaves nothing behind', async () => {
  const before = machine({});
  await assert.rejects(prepare(before.target, judged, plan, options, { ...watch, stop: AbortSignal.abort() }), {
    code: 'Stopped',
  });
  assert.deepEqual(before.done, []);
  const stop = new AbortController();
  const during = machine({ cut: true });
  const onPhase = () => stop.abort();
  await assert.rejects(prepare(during.target, judged, plan, options, { ...watch, onPhase, stop: stop.signal }), {
    code: 'Stopped',
  });
  assert.deepEqual(during.done, [ALL, 'discard']);
});

const withProblem = (code: ProblemCode, message = 'x') => {
  const { evidence } = gathered;
  return { ...gathered, evidence: { ...evidence, problems: [{ code, unknown: false, message, next: null }] } };
};

test('what an interruption left behind is mended first', () => {
  for (const code of ['dpkg-interrupted', 'run-interrupted'] as const)
    assert.equal(needsRepair(withProblem(code)), true);
  for (const code of ['locked', 'lists-stale'] as const) assert.equal(needsRepair(withProblem(code)), false);
});

test('a machine that Kintsugi patches now is left alone; a lock of somebody else is waited for', () => {
  const { target } = machine({});
  const run = withProblem('locked', 'A run of Kintsugi (x) is patching this machine now; step 1.');
  assert.throws(() => checkIdle(target, run), { code: 'RunInProgress', message: /^web1: A run of Kintsugi/ });
  checkIdle(target, withProblem('locked', '/var/lib/dpkg/lock is held by process 42.'));
});

test('a plan without room is refused with the numbers', () => {
  const { target } = machine({});
  const answer = { all: { actions: [], message: '' }, each: new Map(), space: [{ mount: '/', freeKiB: 1536 }] };
  assert.throws(() => checkSpace(target, judged, { ...plan, answer }), {
    code: 'NoSpace',
    message: /^web1: \/ needs \d+\.\d MiB and has 1\.5 MiB free\.$/,
  });
  checkSpace(target, judged, plan);
});

const errors: [RunEnd['result'], ErrorCode][] = [
  ['failed', 'InstallFailed'],
  ['died', 'InstallFailed'],
  ['drift', 'PlanDrift'],
  ['repair-failed', 'RepairFailed'],
  ['locked', 'Locked'],
  ['busy', 'RunInProgress'],
];
for (const [result, code] of errors) {
  test(`a run that ends as ${result} is ${code}`, async () => {
    const error = await runError(machine({}).target, {
      runId: 'r1',
      result,
      detail: 'step 1',
      log: '',
      wentDown: false,
    });
    assert.equal(error.code, code);
    assert.match(error.message, /^web1: .*step 1/);
  });
}
