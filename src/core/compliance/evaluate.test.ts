import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_KNOWLEDGE } from '../advisories/knowledge.ts';
import { predefinedFor } from '../baselines/predefined.ts';
import type { PatchBaseline } from '../baselines/types.ts';
import type { EvaluateOptions } from './context.ts';
import { evaluate, evaluator } from './evaluate.ts';
import type { BlockedReason, Inventory } from './inventory.ts';
import { baseline, installed, inventory, MAIN, NOW, rule, SECURITY, updateOf } from './inventory-arbitrary.ts';

const everything = baseline({}, [rule({ EnableNonSecurity: true })]);
const nothing = baseline();

function judged(of: Partial<Inventory>, by: PatchBaseline = everything, options: Partial<EvaluateOptions> = {}) {
  return evaluate(inventory(of), EMPTY_KNOWLEDGE, by, NOW, { firstSeen: () => null, ...options });
}

/** State and reason of the one package. */
function stateOf(...given: Parameters<typeof judged>): string {
  const [patch, ...others] = judged(...given).patches;
  assert.deepEqual(others, []);
  return `${patch?.state} ${patch?.reason}`;
}

const openssl = installed();
const update = updateOf(openssl);
const blocked = (reason: BlockedReason) => ({
  packages: [openssl],
  updates: [updateOf(openssl, { blocked: { reason, detail: 'Held.' } })],
});
const block = { RejectedPatches: ['openssl'], RejectedPatchesAction: 'BLOCK' } as const;
const waiting = {
  installedSinceBoot: [openssl],
  reboot: { required: true, reasons: [{ signal: 'libc' as const, detail: '', packages: ['openssl'] }] },
};

const table: [string, Partial<Inventory>, PatchBaseline, string][] = [
  ['an approved version that is current is installed', {}, everything, 'INSTALLED up-to-date'],
  ['a version that the baseline does not approve is installed other', {}, nothing, 'INSTALLED_OTHER up-to-date'],
  ['an approved update is missing', { updates: [update] }, everything, 'MISSING update-approved'],
  [
    'an update that no rule approves leaves the package as it is',
    { updates: [update] },
    nothing,
    'INSTALLED_OTHER no-rule-matches',
  ],
  [
    'an update that is no security update is not missed by a rule for those',
    { updates: [updateOf(openssl, { origins: [MAIN] })] },
    baseline({}, [rule()]),
    'INSTALLED_OTHER not-security',
  ],
  [
    'an update that waits for its delay leaves an approved package installed',
    { updates: [update] },
    baseline({}, [rule({ EnableNonSecurity: true, ApproveAfterDays: 7 })]),
    'INSTALLED not-yet-approved',
  ],
  [
    'global filters leave out the update and the package',
    { updates: [update] },
    baseline({ GlobalFilters: { PatchFilters: [{ Key: 'SECTION', Values: ['net'] }] } }, [
      rule({ EnableNonSecurity: true }),
    ]),
    'INSTALLED_OTHER global-filters',
  ],
  [
    'a rejected package that may come as a dependency is installed other',
    {},
    baseline({ RejectedPatches: ['openssl'] }, [rule({ EnableNonSecurity: true })]),
    'INSTALLED_OTHER rejected',
  ],
  [
    'the update of a rejected package is not missing',
    { updates: [update] },
    baseline({ RejectedPatches: ['openssl'] }, [rule({ EnableNonSecurity: true })]),
    'INSTALLED_OTHER rejected',
  ],
  [
    'a rejected package that is blocked is installed rejected',
    {},
    baseline(block),
    'INSTALLED_REJECTED rejected-installed',
  ],
  [
    'a blocked package is rejected whatever its update',
    { updates: [update] },
    baseline(block),
    'INSTALLED_REJECTED rejected-installed',
  ],
  [
    'a blocked version that is not installed leaves the installed one alone',
    { updates: [update] },
    baseline({ ...block, RejectedPatches: ['openssl=3.0.22*'] }, [rule({ EnableNonSecurity: true })]),
    'INSTALLED rejected',
  ],
  ['an update on hold is missing', blocked('held'), everything, 'MISSING held'],
  ['an update that is kept back is missing', blocked('kept-back'), everything, 'MISSING kept-back'],
  [
    'an update that a configuration file blocks is missing',
    blocked('conffile-blocked'),
    everything,
    'MISSING conffile-blocked',
  ],
  [
    'an update that is not offered to this machine yet is not missing',
    blocked('phased'),
    everything,
    'INSTALLED phased',
  ],
  ['a hold on what is not approved is no matter', blocked('held'), nothing, 'INSTALLED_OTHER no-rule-matches'],
  [
    'a package that dpkg did not finish is missing, approved or not',
    { packages: [installed({ status: 'half-configured' })] },
    nothing,
    'MISSING half-configured',
  ],
  [
    'a package that dpkg did not finish is missing before its update is',
    { packages: [installed({ status: 'unpacked' })], updates: [update] },
    everything,
    'MISSING half-configured',
  ],
  [
    'what we installed and a reboot puts in effect waits for it',
    waiting,
    everything,
    'INSTALLED_PENDING_REBOOT pending-reboot',
  ],
  [
    'a fix that is missing is missing even while the one before waits for a reboot',
    { ...waiting, updates: [update] },
    everything,
    'MISSING update-approved',
  ],
  [
    'an update that is not approved does not hide that the one before waits for a reboot',
    { ...waiting, updates: [update] },
    nothing,
    'INSTALLED_PENDING_REBOOT pending-reboot',
  ],
  [
    'a phased update does not hide it either',
    { ...waiting, ...blocked('phased') },
    everything,
    'INSTALLED_PENDING_REBOOT pending-reboot',
  ],
  ['a rejection outranks a reboot', waiting, baseline(block), 'INSTALLED_REJECTED rejected-installed'],
  [
    'what others installed does not wait for a reboot by libc',
    { ...waiting, installedSinceBoot: [] },
    everything,
    'INSTALLED up-to-date',
  ],
  [
    'where no reboot is required nothing waits for one',
    { ...waiting, reboot: { required: false, reasons: [] } },
    everything,
    'INSTALLED up-to-date',
  ],
  [
    'where it cannot be told whether a reboot is required nothing is said to wait for one',
    { ...waiting, reboot: { required: null, reasons: [] } },
    everything,
    'INSTALLED up-to-date',
  ],
];
for (const [name, of, by, expected] of table) {
  test(name, () => assert.equal(stateOf(of, by), expected));
}

test('a reboot signal without names makes all wait that we installed since the boot', () => {
  const reasons = [{ signal: 'reboot-required-file' as const, detail: '', packages: [] }];
  const of = { installedSinceBoot: [openssl], reboot: { required: true, reasons } };
  assert.equal(stateOf(of), 'INSTALLED_PENDING_REBOOT pending-reboot');
});

test('a kernel that is not booted waits for a reboot, whoever installed it', () => {
  const kernel = installed({ name: 'linux-image-6.1.0-50-amd64' });
  const reasons = [{ signal: 'kernel' as const, detail: '', packages: [kernel.name] }];
  const of = { packages: [kernel], reboot: { required: true, reasons } };
  assert.equal(stateOf(of), 'INSTALLED_PENDING_REBOOT pending-reboot');
});

test('only an install that was tried makes a missing update failed, with what it said', () => {
  const failed = new Map([['openssl:amd64', 'no room']]);
  const { patches, counts } = judged({ updates: [update] }, everything, { failed });
  assert.equal(`${patches[0]?.state} ${patches[0]?.reason}`, 'FAILED install-failed');
  assert.equal(
    patches[0]?.explanation,
    'Approved by rule 1: all updates, at once, but its installation failed: no room.',
  );
  assert.deepEqual([counts.failed, counts.missing], [1, 0]);
  assert.equal(stateOf({ updates: [update] }, nothing, { failed }), 'INSTALLED_OTHER no-rule-matches');
  assert.equal(
    stateOf({ packages: [installed({ status: 'half-configured' })] }, nothing, { failed }),
    'FAILED install-failed',
  );
  assert.equal(
    stateOf({ updates: [update] }, everything, { failed: new Map([['bash:amd64', '']]) }),
    'MISSING update-approved',
  );
  assert.equal(stateOf({}, everything, { failed }), 'INSTALLED up-to-date');
});

test('a new package that an update needs is missing if approved, and else comes or does not', () => {
  const arriving = updateOf(installed({ name: 'libnew1' }), { installedVersion: null });
  const of = { packages: [], updates: [arriving] };
  assert.equal(stateOf(of, baseline({}, [rule()])), 'MISSING dependency');
  assert.equal(stateOf(of, nothing), 'NOT_APPLICABLE dependency');
  assert.equal(judged(of).patches[0]?.installedVersion, null);
});

test('a package that changes between all and the architecture of the machine keeps its update', () => {
  for (const [from, to] of [
    ['all', 'amd64'],
    ['amd64', 'all'],
  ] as const) {
    const one = installed({ architecture: from });
    const of = { packages: [one], updates: [updateOf(one, { architecture: to })] };
    assert.equal(stateOf(of), 'MISSING update-approved');
  }
});

test('each architecture of a package has its own update', () => {
  const packages = ['amd64', 'i386'].map((architecture) => installed({ architecture }));
  const { patches } = judged({ packages, updates: packages.slice(1).map((one) => updateOf(one)) });
  assert.deepEqual(
    patches.map(({ architecture, state }) => [architecture, state]),
    [
      ['amd64', 'INSTALLED'],
      ['i386', 'MISSING'],
    ],
  );
});

test('packages are told in the order of name and architecture', () => {
  const names = [
    ['zlib1g', 'i386'],
    ['zlib1g', 'amd64'],
    ['acl', 'amd64'],
    ['g++', 'amd64'],
    ['g++-12', 'amd64'],
  ] as const;
  const packages = names.map(([name, architecture]) => installed({ name, architecture }));
  const arriving = updateOf(installed({ name: 'libnew1' }), { installedVersion: null });
  const { patches } = judged({ packages, updates: [arriving] });
  assert.deepEqual(
    patches.map(({ name, architecture }) => `${name}:${architecture}`),
    ['acl:amd64', 'g++:amd64', 'g++-12:amd64', 'libnew1:amd64', 'zlib1g:amd64', 'zlib1g:i386'],
  );
});

test("Debian's predefined baseline misses security updates and nothing else", () => {
  const by = predefinedFor('DEBIAN');
  assert.equal(stateOf({ updates: [update] }, by), 'MISSING update-approved');
  assert.equal(stateOf({ updates: [updateOf(openssl, { origins: [MAIN] })] }, by), 'INSTALLED_OTHER not-security');
  const untrusted = updateOf(openssl, { origins: [{ ...SECURITY, trusted: false }] });
  assert.equal(stateOf({ updates: [untrusted] }, by), 'INSTALLED_OTHER not-security');
  assert.equal(stateOf({ packages: [installed({ origins: [SECURITY] })] }, by), 'INSTALLED up-to-date');
});

test('a delay counts from the first sight of the version and says until when', () => {
  const by = baseline({}, [rule({ ApproveAfterDays: 7 })]);
  const [patch] = judged({ updates: [update] }, by, { firstSeen: () => '2026-11-20T08:30:00.000Z' }).patches;
  assert.equal(patch?.reason, 'not-yet-approved');
  assert.equal(patch?.approvedAt, '2026-11-27T08:30:00.000Z');
  assert.equal(patch?.firstSeen, '2026-11-20T08:30:00.000Z');
  assert.match(patch?.explanation ?? '', /from 2026-11-27 08:30 UTC on \(first seen 2026-11-20\)\.$/);
});

test('one evaluator answers for many targets as if each were the only one', () => {
  const options = { firstSeen: () => '2026-11-20T08:30:00.000Z' };
  const by = baseline({ RejectedPatches: ['openssl=1*'] }, [
    rule({ PatchFilterGroup: { PatchFilters: [{ Key: 'SECTION', Values: ['utils'] }] } }),
  ]);
  const many = [
    { updates: [update] },
    { updates: [updateOf(openssl, { origins: [MAIN] })] },
    { updates: [updateOf(openssl, { section: 'net' })] },
    { updates: [updateOf(openssl, { blocked: { reason: 'held', detail: 'Held.' } })] },
    { packages: [installed({ version: '1.1.1w-0+deb11u1' })], updates: [update] },
    { packages: [installed({ origins: [SECURITY] })], updates: [update] },
    { packages: [installed({ status: 'unpacked' })], updates: [update] },
    { updates: [update] },
  ].map((of) => inventory(of));
  const together = evaluator(EMPTY_KNOWLEDGE, by, NOW, options);
  for (const one of many) assert.deepEqual(together(one), evaluate(one, EMPTY_KNOWLEDGE, by, NOW, options));
});
