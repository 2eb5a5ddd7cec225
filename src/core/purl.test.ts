import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OperatingSystem } from './baselines/types.ts';
import type { Target } from './compliance/inventory.ts';
import { packageUrl } from './purl.ts';

const WEB: Target = {
  access: 'ssh',
  address: 'admin@web-1',
  hostname: 'web-1',
  os: {
    id: 'debian',
    versionId: '12',
    codename: 'bookworm',
    prettyName: 'Debian GNU/Linux 12 (bookworm)',
    operatingSystem: 'DEBIAN',
    product: 'Debian12',
    ecosystem: 'debian:12',
  },
  architecture: 'amd64',
  kernel: '6.1.0-47-amd64',
};

function target(os: Partial<Target['os']> = {}): Target {
  return { ...WEB, os: { ...WEB.os, ...os } };
}

function on(operatingSystem: OperatingSystem, id: string, versionId: string): Target {
  return target({ operatingSystem, id, versionId });
}

for (const [where, name, architecture, version, expected] of [
  [
    target(),
    'curl',
    'amd64',
    '7.88.1-10+deb12u14',
    'pkg:deb/debian/curl@7.88.1-10%2Bdeb12u14?arch=amd64&distro=debian-12',
  ],
  [target(), 'libnss3', 'amd64', '2:3.87.1-1', 'pkg:deb/debian/libnss3@2:3.87.1-1?arch=amd64&distro=debian-12'],
  [target(), 'g++', 'all', '4:12.2.0-3', 'pkg:deb/debian/g%2B%2B@4:12.2.0-3?arch=all&distro=debian-12'],
  [
    target(),
    'openssl',
    'amd64',
    '3.0.22-1~deb12u2',
    'pkg:deb/debian/openssl@3.0.22-1~deb12u2?arch=amd64&distro=debian-12',
  ],
  [
    target({ versionId: '', codename: 'sid' }),
    'sed',
    'amd64',
    '4.9-1',
    'pkg:deb/debian/sed@4.9-1?arch=amd64&distro=debian-sid',
  ],
  [on('UBUNTU', 'ubuntu', '22.04'), 'sed', 'amd64', '4.8-1', 'pkg:deb/ubuntu/sed@4.8-1?arch=amd64&distro=ubuntu-22.04'],
  [
    on('ROCKY_LINUX', 'rocky', '9.4'),
    'perl',
    'x86_64',
    '4:5.32.1-481.el9',
    'pkg:rpm/rocky/perl@5.32.1-481.el9?arch=x86_64&distro=rocky-9.4&epoch=4',
  ],
  [
    on('WINDOWS', 'windows', '2022'),
    'KB5034441',
    'x86_64',
    '1',
    'pkg:generic/KB5034441@1?arch=x86_64&distro=windows-2022',
  ],
] as const) {
  test(`${name} ${version} on ${where.os.id} is ${expected}`, () => {
    assert.equal(packageUrl(where, { name, architecture, version }), expected);
  });
}

test('whatever the name and version are, they are read back from the purl', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(text, text, text, (name, version, architecture) => {
      const found = /^pkg:deb\/debian\/([^/@?#&=]+)@([^/@?#&=]+)\?arch=([^/@?#&=]+)&distro=debian-12$/.exec(
        packageUrl(target(), { name, version, architecture }),
      );
      assert.ok(found);
      assert.deepEqual(found.slice(1).map(decodeURIComponent), [name.toLowerCase(), version, architecture]);
    }),
  );
});

test('half a surrogate pair is replaced and nothing is thrown', () => {
  assert.equal(
    packageUrl(target(), { name: '\ud800', architecture: 'all', version: '1' }),
    'pkg:deb/debian/%EF%BF%BD@1?arch=all&distro=debian-12',
  );
});
