import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { installed, inventory, updateOf } from '../../core/compliance/inventory-arbitrary.ts';
import type { PlannedInstall } from '../../platforms/apt/install.ts';
import { bootShortages, spaceShortages } from './space.ts';

const MIB = 1024;
const perl = installed({ name: 'perl', installedKiB: 10 * MIB });
const kernel = installed({ name: 'linux-image-6.1.0-56-amd64' });
const machine = inventory({
  packages: [perl],
  updates: [
    updateOf(perl, { installedKiB: 16 * MIB }),
    updateOf(kernel, { installedVersion: null, installedKiB: 400 * MIB }),
  ],
});
const install = (name: string, to: string | null = '2'): PlannedInstall => ({
  name,
  architecture: 'amd64',
  from: '1',
  to,
  step: 1,
  chosen: true,
});
const both = { installs: [install('perl'), install('linux-image-6.1.0-56-amd64')], downloadBytes: 100 * MIB * 1024 };

/** All growth (6 + 400 MiB), the largest once more beside it (400), and 32 MiB of margin. */
const USR = (6 + 400 + 400 + 32) * MIB;
const CACHE = (100 + 32) * MIB;

const tables: [string, [string, number][], [string, number][]][] = [
  ['one file system that has just enough', [['/', USR + CACHE - 32 * MIB]], []],
  ['one file system that has not', [['/', USR + CACHE - 32 * MIB - 1]], [['/', USR + CACHE - 32 * MIB]]],
  [
    'file systems of their own that have enough',
    [
      ['/', 0],
      ['/usr', USR],
      ['/var', CACHE],
    ],
    [],
  ],
  [
    'a /usr that is full',
    [
      ['/', 0],
      ['/usr', USR - 1],
      ['/var', CACHE],
    ],
    [['/usr', USR]],
  ],
  [
    'a /var that is full',
    [
      ['/', USR],
      ['/var', CACHE - 1],
    ],
    [['/var', CACHE]],
  ],
  [
    'a /var/cache that is full',
    [
      ['/', USR],
      ['/var', CACHE],
      ['/var/cache', 0],
    ],
    [['/var/cache', CACHE]],
  ],
  [
    'both full',
    [
      ['/', 1],
      ['/var', 1],
    ],
    [
      ['/', USR],
      ['/var', CACHE],
    ],
  ],
  [
    'a name that only begins like one',
    [
      ['/', USR + CACHE],
      ['/usr2', 0],
      ['/var/cache2', 0],
    ],
    [],
  ],
  ['nothing known of the file systems', [], []],
];
for (const [name, space, expected] of tables) {
  test(`${name}: ${expected.length === 0 ? 'no shortage' : `short of ${expected.map(([mount]) => mount).join(' and ')}`}`, () => {
    const found = spaceShortages(
      both,
      machine,
      space.map(([mount, freeKiB]) => ({ mount, freeKiB })),
    );
    assert.deepEqual(found.map(({ mount, needKiB }) => [mount, needKiB]).sort(), [...expected].sort());
    for (const { mount, freeKiB } of found) assert.equal(freeKiB, new Map(space).get(mount));
  });
}

test('a package that shrinks or goes gives nothing back before the end', () => {
  const smaller = inventory({ packages: [perl], updates: [updateOf(perl, { installedKiB: MIB })] });
  const space = [{ mount: '/', freeKiB: 33 * MIB - 1 }];
  const shrinks = { installs: [install('perl')], downloadBytes: 0 };
  assert.deepEqual(spaceShortages(shrinks, smaller, space), [{ mount: '/', needKiB: 33 * MIB, freeKiB: 33 * MIB - 1 }]);
  const goes = { installs: [install('perl', null)], downloadBytes: 0 };
  assert.deepEqual(spaceShortages(goes, smaller, space), []);
});

test('a size that nobody knows counts as nothing', () => {
  const unknown = inventory({
    packages: [installed({ installedKiB: null })],
    updates: [updateOf(perl, { installedKiB: null })],
  });
  assert.deepEqual(
    spaceShortages({ installs: [install('perl')], downloadBytes: 0 }, unknown, [{ mount: '/', freeKiB: 32 * MIB }]),
    [],
  );
});

test('a /boot of its own needs what the archives put there, to the last kibibyte', () => {
  const boot = [{ bytes: 60_000_000 }, { bytes: 1 }];
  const at = (freeKiB: number) =>
    bootShortages(boot, [
      { mount: '/', freeKiB: 0 },
      { mount: '/boot', freeKiB },
    ]);
  assert.deepEqual(at(58_594), []);
  assert.deepEqual(at(58_593), [{ mount: '/boot', needKiB: 58_594, freeKiB: 58_593 }]);
});

test('without a /boot of its own, or without a kernel, nothing is asked of it', () => {
  assert.deepEqual(bootShortages([{ bytes: 60_000_000 }], [{ mount: '/', freeKiB: 0 }]), []);
  assert.deepEqual(bootShortages([], [{ mount: '/boot', freeKiB: 0 }]), []);
});

test('more room is never worse, and a larger plan never better', () => {
  const mounts = fc.uniqueArray(fc.constantFrom('/', '/usr', '/var', '/var/cache', '/boot'), { minLength: 1 });
  const size = fc.nat(2 ** 31);
  fc.assert(
    fc.property(
      mounts,
      fc.array(size, { minLength: 5, maxLength: 5 }),
      size,
      size,
      fc.nat(2 ** 20),
      (names, free, download, more, room) => {
        const space = names.map((mount, index) => ({ mount, freeKiB: free[index] ?? 0 }));
        const roomier = space.map(({ mount, freeKiB }) => ({ mount, freeKiB: freeKiB + room }));
        const plan = { installs: both.installs, downloadBytes: download };
        const short = (of: typeof plan, on: typeof space) => spaceShortages(of, machine, on).map(({ mount }) => mount);
        const usual = short(plan, space);
        for (const mount of short(plan, roomier)) assert.ok(usual.includes(mount));
        const larger = short({ ...plan, downloadBytes: download + more }, space);
        for (const mount of usual) assert.ok(larger.includes(mount));
      },
    ),
  );
});
