import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstallStatus } from '../../core/compliance/inventory.ts';
import { installed } from '../../core/compliance/inventory-arbitrary.ts';
import { machineProblems } from './problems.ts';
import type { Section } from './sections.ts';

const answered = { packages: 0, policy: 0, upgrade: 0, archives: 0, sources: 0 };

interface Machine {
  readonly codes?: Partial<Record<keyof typeof answered | 'policy-arriving', number>>;
  readonly texts?: Readonly<Record<string, string>>;
  readonly facts?: Readonly<Record<string, string>>;
  readonly statuses?: readonly InstallStatus[];
  readonly unread?: readonly string[];
}

function problems({ codes = {}, texts = {}, facts = {}, statuses = ['installed'], unread = [] }: Machine) {
  const sections = new Map<string, Section>();
  for (const [name, code] of Object.entries({ ...answered, ...codes })) sections.set(name, { text: '', code });
  for (const [name, text] of Object.entries(texts)) sections.set(name, { text, code: 0 });
  const packages = statuses.map((status, index) => installed({ name: `p${index}`, status }));
  return machineProblems(sections, { facts: new Map(Object.entries(facts)), packages, unread });
}

const RUN = '20261122T203000Z-1a2b3c4d';
const noted = '2026-11-22T20:30:05Z\tstep 1 begin curl:amd64=8.0';

const table: [string, Machine, [string, boolean, RegExp][]][] = [
  ['a machine that answers well', {}, []],
  [
    'dpkg that fails',
    { codes: { packages: 2 }, texts: { 'packages-errors': 'dpkg-query: error: parsing file\n' } },
    [['inventory-failed', true, /dpkg-query failed: dpkg-query: error: parsing file$/]],
  ],
  ['a machine without a package', { statuses: [] }, [['inventory-empty', true, /no installed package/]]],
  [
    'lines that cannot be read',
    { unread: ['a\u001b[2Jb', 'c'] },
    [['inventory-failed', true, /^2 lines .* the first: "a\\u001b\[2Jb"\.$/]],
  ],
  ['a policy that fails', { codes: { policy: 123 } }, [['resolver-failed', true, /policy failed: it said nothing/]]],
  [
    'a policy of new packages that fails',
    { codes: { 'policy-arriving': 123 } },
    [['resolver-failed', true, /new packages/]],
  ],
  ['archives that cannot be told', { codes: { archives: 100 } }, [['resolver-failed', true, /archives/]]],
  [
    'sources that cannot be read',
    { codes: { sources: 100 }, texts: { 'sources-errors': 'W: x\nE: Malformed entry 1\n' } },
    [['resolver-failed', true, /E: Malformed entry 1$/]],
  ],
  [
    'dependencies that cannot be met',
    {
      codes: { upgrade: 100 },
      texts: { 'upgrade-errors': "E: Unmet dependencies. Try 'apt --fix-broken install'.\n" },
    },
    [['dependencies-broken', true, /E: Unmet dependencies/]],
  ],
  [
    'a resolver that fails',
    {
      codes: { upgrade: 100 },
      texts: { 'upgrade-errors': 'E: The package lists or status file could not be parsed\n' },
    },
    [['resolver-failed', true, /could not say what it would upgrade: E: The package lists/]],
  ],
  [
    'packages that are not finished',
    { statuses: ['installed', 'half-configured', 'unpacked'] },
    [['dpkg-interrupted', false, /2 packages are not fully installed: p1, p2\.$/]],
  ],
  [
    'many packages that are not finished, the first five by name',
    { statuses: Array.from({ length: 7 }, () => 'unpacked' as const) },
    [['dpkg-interrupted', false, /7 packages .*: p0, p1, p2, p3, p4, …\.$/]],
  ],
  [
    'a journal that dpkg did not close',
    { facts: { journal_entries: '2' } },
    [['dpkg-interrupted', false, /0 packages|journal/]],
  ],
  ['a count that is none', { facts: { journal_entries: 'x' } }, []],
  [
    'a lock that somebody holds, which is no interruption',
    { statuses: ['unpacked'], texts: { locks: '/var/lib/dpkg/lock-frontend\t42\tapt-get install \n' } },
    [['locked', false, /lock-frontend is held by process 42 \(apt-get install\)\.$/]],
  ],
  [
    'a lock of the lists beside an interruption',
    { statuses: ['unpacked'], texts: { locks: '/var/lib/apt/lists/lock\t42\t\n' } },
    [
      ['dpkg-interrupted', false, /1 package/],
      ['locked', false, /lists\/lock is held by process 42\.$/],
    ],
  ],
  [
    'a run that is at work',
    { statuses: ['unpacked'], texts: { 'kintsugi-runs': `${RUN}\t1\t${noted}\n` } },
    [['locked', false, /Kintsugi .*step 1 begin/]],
  ],
  [
    'a run that has no end',
    { texts: { 'kintsugi-runs': `${RUN}\t0\t${noted}\n` } },
    [['run-interrupted', false, /step 1 begin curl:amd64=8\.0/]],
  ],
  [
    'a run that noted nothing',
    { texts: { 'kintsugi-runs': `${RUN}\t0\t\n` } },
    [['run-interrupted', false, /interrupted/]],
  ],
  [
    'somebody else who patches',
    { facts: { other_patcher: 'unattended-upgrades' } },
    [['other-patcher', false, /^unattended-upgrades /]],
  ],
];
for (const [name, machine, expected] of table) {
  test(`${name}: ${expected.map(([code]) => code).join(', ') || 'no problem'}`, () => {
    const found = problems(machine);
    assert.deepEqual(
      found.map(({ code, unknown }) => [code, unknown]),
      expected.map(([code, unknown]) => [code, unknown]),
    );
    for (const [index, [, , message]] of expected.entries()) assert.match(found[index]?.message ?? '', message);
    assert.doesNotMatch(JSON.stringify(found), /undefined|NaN/);
  });
}

test('a question that has no answer has failed', () => {
  const codes = machineProblems(new Map(), { facts: new Map(), packages: [], unread: [] }).map(({ code }) => code);
  assert.deepEqual(codes, ['inventory-failed', 'resolver-failed', 'resolver-failed', 'resolver-failed']);
});

test('a long complaint of apt is cut', () => {
  const [problem] = problems({ codes: { upgrade: 100 }, texts: { 'upgrade-errors': `E: ${'x'.repeat(10_000)}` } });
  assert.ok((problem?.message.length ?? 0) < 700);
});
