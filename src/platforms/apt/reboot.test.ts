import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { captured } from './fixture-for-tests.ts';
import { parsePackages } from './packages.ts';
import { type RunningSystem, rebootState, sinceBoot } from './reboot.ts';

const quiet: RunningSystem = {
  kernel: '6.1.0-50-amd64',
  kernelBuild: '',
  bootedAt: 1_700_000_000,
  libcInstalledAt: 1_600_000_000,
  libcDeleted: false,
  container: false,
  rebootFile: false,
  rebootPackages: [],
};
const kernel = (release: string, version: string) => ({
  name: `linux-image-${release}`,
  architecture: 'amd64',
  version,
});

/** The kernel that waits, or null. */
function waiting(system: Partial<RunningSystem>, ...packages: ReturnType<typeof kernel>[]): string | null {
  const { reasons } = rebootState({ ...quiet, ...system }, packages);
  return reasons.find(({ signal }) => signal === 'kernel')?.packages[0] ?? null;
}

test('of the packages of a real machine the newest kernel waits for the older one that runs, and not the other way', () => {
  const { packages } = parsePackages(captured('dpkg-query.txt'));
  const of = (release: string) => rebootState({ ...quiet, kernel: release }, packages);
  assert.deepEqual(of('6.1.0-50-amd64'), { required: false, reasons: [] });
  assert.deepEqual(of('6.1.0-47-amd64').reasons, [
    {
      signal: 'kernel',
      detail: 'Kernel 6.1.0-47-amd64 (6.1.170-3) runs; linux-image-6.1.0-50-amd64 6.1.176-1 is installed.',
      packages: ['linux-image-6.1.0-50-amd64'],
    },
  ]);
});

const pairs: [string, [string, string], [string, string], boolean][] = [
  ["Debian's kernels", ['6.1.0-44-amd64', '6.1.164-1'], ['6.1.0-50-amd64', '6.1.176-1'], true],
  ['kernels by version, not by name', ['6.1.0-9-amd64', '6.1.27-1'], ['6.1.0-10-amd64', '6.1.38-1'], true],
  [
    "Debian 13's kernels, which have no ABI in their names",
    ['6.12.38+deb13-amd64', '6.12.38-1'],
    ['6.12.41+deb13-amd64', '6.12.41-1'],
    true,
  ],
  ["a backport's kernel", ['6.1.0-44-amd64', '6.1.164-1'], ['6.12.9+bpo-amd64', '6.12.9-1~bpo12+1'], true],
  [
    "an older backport's kernel",
    ['6.1.0-0.deb11.7-amd64', '6.1.20-2~bpo11+1'],
    ['6.1.0-0.deb11.21-amd64', '6.1.90-1~bpo11+1'],
    true,
  ],
  ["Ubuntu's kernels", ['5.15.0-91-generic', '5.15.0-91.101'], ['5.15.0-94-generic', '5.15.0-94.104'], true],
  ["Ubuntu's kernels for a cloud", ['6.8.0-1009-aws', '6.8.0-1009.9'], ['6.8.0-1015-aws', '6.8.0-1015.16'], true],
  [
    "a Raspberry Pi's kernels",
    ['6.6.31+rpt-rpi-v8', '1:6.6.31-1+rpt1'],
    ['6.6.51+rpt-rpi-v8', '1:6.6.51-1+rpt3'],
    true,
  ],
  [
    "a Raspberry Pi's older kernels",
    ['6.1.0-rpi4-rpi-v8', '1:6.1.54-1+rpt2'],
    ['6.1.0-rpi7-rpi-v8', '1:6.1.63-1+rpt1'],
    true,
  ],
  ['a flavour that begins with a digit', ['6.1.0-44-686-pae', '6.1.164-1'], ['6.1.0-50-686-pae', '6.1.176-1'], true],
  ['flavours of a common end', ['6.1.0-44-amd64', '6.1.164-1'], ['6.1.0-50-cloud-amd64', '6.1.176-1'], false],
  ['flavours of a common start', ['6.1.0-44-686', '6.1.164-1'], ['6.1.0-50-686-pae', '6.1.176-1'], false],
  ['the real-time flavour', ['6.1.0-44-amd64', '6.1.164-1'], ['6.1.0-50-rt-amd64', '6.1.176-1'], false],
  ['debug symbols', ['6.1.0-44-amd64', '6.1.164-1'], ['6.1.0-50-amd64-dbg', '6.1.176-1'], false],
  ['an older kernel beside it', ['6.1.0-50-amd64', '6.1.176-1'], ['6.1.0-44-amd64', '6.1.164-1'], false],
  ['the meta-package', ['6.1.0-50-amd64', '6.1.176-1'], ['amd64', '6.1.192-2'], false],
];
for (const [name, running, other, expected] of pairs) {
  test(`${name}: ${other[0]} ${expected ? 'waits' : 'is no matter'} where ${running[0]} runs`, () => {
    const packages = [kernel(...running), kernel(...other)];
    const wanted = expected ? `linux-image-${other[0]}` : null;
    assert.equal(waiting({ kernel: running[0] }, ...packages), wanted);
    assert.equal(waiting({ kernel: running[0] }, ...packages.reverse()), wanted);
  });
}

test('a kernel that was not signed is of the flavour of the signed ones', () => {
  const unsigned = kernel('unsigned-5.15.0-91-generic', '5.15.0-91.101');
  assert.equal(waiting({ kernel: '5.15.0-91-generic' }, unsigned), null);
  assert.equal(
    waiting({ kernel: '5.15.0-91-generic' }, unsigned, kernel('5.15.0-94-generic', '5.15.0-94.104')),
    'linux-image-5.15.0-94-generic',
  );
  const debian = kernel('6.1.0-44-amd64-unsigned', '6.1.164-1');
  assert.equal(
    waiting({ kernel: '6.1.0-44-amd64' }, debian, kernel('6.1.0-50-amd64', '6.1.176-1')),
    'linux-image-6.1.0-50-amd64',
  );
});

/** The first lines of /proc/version as the distributions build them. */
const DEBIAN =
  'Linux version 6.1.0-47-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian 6.1.170-3 (2026-05-08)';
const RASPBIAN =
  'Linux version 6.6.31+rpt-rpi-v8 (…) (gcc-12 (Debian 12.2.0-14) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT Debian 1:6.6.31-1+rpt1 (2024-05-29)';
const UBUNTU =
  'Linux version 5.15.0-91-generic (buildd@lcy02-amd64-045) (gcc (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0, GNU ld (GNU Binutils for Ubuntu) 2.38) #101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023';

test('a kernel that was upgraded in place waits, by the version that /proc/version names', () => {
  const running = { kernel: '6.1.0-47-amd64', kernelBuild: DEBIAN };
  assert.equal(waiting(running, kernel('6.1.0-47-amd64', '6.1.170-3')), null);
  assert.equal(waiting(running, kernel('6.1.0-47-amd64', '6.1.170-4')), 'linux-image-6.1.0-47-amd64');
  const pi = { kernel: '6.6.31+rpt-rpi-v8', kernelBuild: RASPBIAN };
  assert.equal(waiting(pi, kernel('6.6.31+rpt-rpi-v8', '1:6.6.31-1+rpt1')), null);
  assert.equal(waiting(pi, kernel('6.6.31+rpt-rpi-v8', '1:6.6.31-1+rpt2')), 'linux-image-6.6.31+rpt-rpi-v8');
});

test('a build that names no package version tells nothing of an upgrade in place', () => {
  const packages = [kernel('5.15.0-91-generic', '5.15.0-91.101')];
  assert.equal(waiting({ kernel: '5.15.0-91-generic', kernelBuild: UBUNTU }, ...packages), null);
  assert.equal(waiting({ kernel: '5.15.0-91-generic', kernelBuild: 'Linux version #1' }, ...packages), null);
});

test('a kernel that no package brought is never guessed about', () => {
  const installed = kernel('6.1.0-50-amd64', '6.1.176-1');
  for (const release of ['6.18.44-fc-v657', '', '6.1.0-44-amd64'])
    assert.equal(waiting({ kernel: release }, installed), null);
});

test('in a container the kernel and the boot are somebody else’s, and only what its first process holds counts', () => {
  const packages = [kernel('6.1.0-44-amd64', '6.1.164-1'), kernel('6.1.0-50-amd64', '6.1.176-1')];
  const contained = { ...quiet, kernel: '6.1.0-44-amd64', container: true, libcInstalledAt: 1_800_000_000 };
  assert.deepEqual(rebootState(contained, packages), { required: false, reasons: [] });
  assert.equal(rebootState({ ...contained, libcDeleted: true }, packages).reasons[0]?.signal, 'libc');
});

test('the file that packages leave asks for a reboot, with their names', () => {
  const { required, reasons } = rebootState({ ...quiet, rebootFile: true, rebootPackages: ['libssl3', 'dbus'] }, []);
  assert.equal(required, true);
  assert.deepEqual(reasons, [
    {
      signal: 'reboot-required-file',
      detail: '/run/reboot-required asks for it for libssl3, dbus.',
      packages: ['libssl3', 'dbus'],
    },
  ]);
  assert.equal(rebootState({ ...quiet, rebootFile: true }, []).reasons[0]?.detail, '/run/reboot-required asks for it.');
});

const libc: [string, Partial<RunningSystem>, boolean][] = [
  ['before the boot', {}, false],
  ['after the boot', { libcInstalledAt: 1_700_000_001 }, true],
  ['at an unknown time', { libcInstalledAt: null }, false],
  ['where the boot is unknown', { bootedAt: null }, false],
  ['while the first process runs', { libcDeleted: true }, true],
];
for (const [name, system, expected] of libc) {
  test(`a C library that was replaced ${name} ${expected ? 'asks' : 'does not ask'} for a reboot`, () => {
    const { required, reasons } = rebootState({ ...quiet, ...system }, []);
    assert.deepEqual([required, reasons.map(({ packages }) => packages)], [expected, expected ? [['libc6']] : []]);
  });
}

test('all signals are told together', () => {
  const system = { ...quiet, kernel: '6.1.0-44-amd64', rebootFile: true, libcDeleted: true };
  const { reasons } = rebootState(system, [
    kernel('6.1.0-44-amd64', '6.1.164-1'),
    kernel('6.1.0-50-amd64', '6.1.176-1'),
  ]);
  assert.deepEqual(
    reasons.map(({ signal }) => signal),
    ['kernel', 'reboot-required-file', 'libc'],
  );
});

const RECORD = [
  'b1\tcurl\tamd64\t8.0\t2026-11-22T20:00:00Z\trun1',
  'b2\tbash\tamd64\t5.3\t2026-11-22T21:00:00Z\trun2',
  'b2\tperl\tall',
  '\tzsh\tamd64\t1\t2026-11-22T21:00:00Z\trun2',
  'b2\tacl\tamd64\t2',
].join('\n');

test('only what was recorded in this boot was installed since it, and a line that was cut off does not count', () => {
  assert.deepEqual(sinceBoot(RECORD, 'b2'), [{ name: 'bash', architecture: 'amd64', version: '5.3' }]);
  assert.deepEqual(sinceBoot(RECORD, ''), []);
  assert.deepEqual(sinceBoot('', 'b2'), []);
});

test('no machine makes it throw, and a reboot is required exactly where there is a reason', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(DEBIAN, UBUNTU, '6.1.0-44-amd64'));
  const packages = fc.array(
    fc.record({ name: text.map((one) => `linux-image-${one}`), architecture: text, version: text }),
  );
  const system = fc.record({
    kernel: text,
    kernelBuild: text,
    bootedAt: fc.option(fc.nat()),
    libcInstalledAt: fc.option(fc.nat()),
    libcDeleted: fc.boolean(),
    container: fc.boolean(),
    rebootFile: fc.boolean(),
    rebootPackages: fc.array(text),
  });
  fc.assert(
    fc.property(system, packages, (of, list) => {
      const { required, reasons } = rebootState(of, list);
      assert.equal(required, reasons.length > 0);
    }),
  );
});
