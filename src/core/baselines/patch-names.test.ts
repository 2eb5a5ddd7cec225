import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compilePatchName, type PatchCandidate } from './patch-names.ts';
import { OPERATING_SYSTEMS, type OperatingSystem } from './types.ts';

const nothing = { advisoryIds: [], cves: [] };

const openssl: PatchCandidate = {
  name: 'openssl',
  architecture: 'amd64',
  version: '3.0.17-1~deb12u3',
  advisoryIds: ['DSA-6015-1'],
  cves: ['CVE-2025-9230'],
};
const bind: PatchCandidate = { ...nothing, name: 'bind9', architecture: 'amd64', version: '1:9.18.41-1~deb12u1' };
const libc: PatchCandidate = { ...nothing, name: 'libc6', architecture: 'i386', version: '2.36-9+deb12u13' };
const libstdc: PatchCandidate = { ...nothing, name: 'libstdc++6', architecture: 'i386', version: '12.2.0-14' };
const python: PatchCandidate = { ...nothing, name: 'python3.11', architecture: 'amd64', version: '3.11.2-6' };
const kernel: PatchCandidate = {
  name: 'kernel',
  architecture: 'x86_64',
  version: '5.14.0',
  release: '427.13.1.el9_4',
  epoch: '0',
  advisoryIds: ['RHSA-2024:2394'],
  cves: ['CVE-2024-1086'],
  bugzillaIds: ['2262126'],
};
const bindRpm: PatchCandidate = { ...nothing, name: 'bind', architecture: 'noarch', version: '32:9.16.23-18.el9_4' };
const alsa: PatchCandidate = {
  ...nothing,
  name: 'alsa-lib',
  architecture: 'x86_64',
  version: '1.2',
  advisoryIds: ['ALSA-2024:1'],
};
const sle: PatchCandidate = {
  ...nothing,
  name: 'bind',
  architecture: 'x86_64',
  version: '9-1',
  advisoryIds: ['SUSE-SLE-Module-12-2018-123'],
};
const cumulative: PatchCandidate = {
  ...nothing,
  name: 'Cumulative Update',
  architecture: '',
  version: '',
  kb: 'KB5034441',
  advisoryIds: ['MS10-048'],
};
const safari: PatchCandidate = { ...nothing, name: 'Safari16.6MontereyAuto', architecture: '', version: '16.6' };

const table: [OperatingSystem, pattern: string, PatchCandidate, boolean][] = [
  ['DEBIAN', 'openssl', openssl, true],
  ['DEBIAN', 'OpenSSL', openssl, true],
  ['DEBIAN', 'open', openssl, false],
  ['DEBIAN', 'open*', openssl, true],
  ['DEBIAN', 'open??l', openssl, true],
  ['DEBIAN', '*', openssl, true],
  ['DEBIAN', 'openssl.amd64', openssl, true],
  ['DEBIAN', 'openssl.i386', openssl, false],
  ['DEBIAN', 'openssl:amd64', openssl, true],
  ['DEBIAN', 'openssl:any', openssl, true],
  ['DEBIAN', 'openssl=3.0.17-1~deb12u3', openssl, true],
  ['DEBIAN', 'openssl=3.0.*', openssl, true],
  ['DEBIAN', 'openssl=3.1*', openssl, false],
  ['DEBIAN', 'openssl.amd64=3.0.*', openssl, true],
  ['DEBIAN', 'openssl.arm64=3.0.*', openssl, false],
  ['DEBIAN', 'CVE-2025-9230', openssl, true],
  ['DEBIAN', 'cve-2025-9230', openssl, true],
  ['DEBIAN', 'CVE-2025-*', openssl, true],
  ['DEBIAN', 'CVE-2024-*', openssl, false],
  ['DEBIAN', 'DSA-6015-1', openssl, true],
  ['DEBIAN', 'DSA-6015*', openssl, true],
  ['DEBIAN', 'DSA-6015-2', openssl, false],
  ['DEBIAN', 'bind9=9.18*', bind, true],
  ['DEBIAN', 'bind9=1:9.18*', bind, true],
  ['DEBIAN', 'bind9=2:9.18*', bind, false],
  ['DEBIAN', 'bind9=1*', bind, false],
  ['DEBIAN', 'python3.11', python, true],
  ['DEBIAN', 'python3.11.amd64', python, true],
  ['DEBIAN', 'python3.9', python, false],
  ['DEBIAN', 'python3', python, false],
  ['DEBIAN', 'libstdc++6.i386', libstdc, true],
  ['DEBIAN', 'libstdc++6', libstdc, true],
  ['DEBIAN', 'libstdc++6.amd64', libstdc, false],
  ['UBUNTU', '*.i386', libc, true],
  ['UBUNTU', 'libc6:*', libc, true],
  ['RASPBIAN', 'libc6.all', libc, false],
  ['REDHAT_ENTERPRISE_LINUX', 'kernel', kernel, true],
  ['REDHAT_ENTERPRISE_LINUX', 'KERNEL', kernel, false],
  ['REDHAT_ENTERPRISE_LINUX', 'kernel.x86_64', kernel, true],
  ['REDHAT_ENTERPRISE_LINUX', 'kernel.aarch64', kernel, false],
  ['ROCKY_LINUX', 'kernel-5.14.0', kernel, true],
  ['ALMA_LINUX', 'kernel-5.14.0-427.13.1.el9_4', kernel, true],
  ['CENTOS', 'kernel-5.14.0-427.13.1.el9_4.x86_64', kernel, true],
  ['CENTOS', 'kernel-5.14.0-427.13.1.el9_4.x86_64.rpm', kernel, true],
  ['CENTOS', 'kernel-5.14.0-427.13.1.el9_4.noarch', kernel, false],
  ['AMAZON_LINUX_2023', 'kernel-0:5.14.0-427.13.1.el9_4.x86_64', kernel, true],
  ['AMAZON_LINUX_2', 'kernel-5*.x86_64', kernel, true],
  ['AMAZON_LINUX_2', 'kernel-devel*', kernel, false],
  ['AMAZON_LINUX', 'kernel=5.14*', kernel, true],
  ['AMAZON_LINUX', 'kernel.x86_64=5.14.0-427*', kernel, true],
  ['AMAZON_LINUX', 'kernel=5.15*', kernel, false],
  ['ORACLE_LINUX', 'RHSA-2024:2394', kernel, true],
  ['ORACLE_LINUX', 'RHSA-2024:*', kernel, true],
  ['ORACLE_LINUX', 'CVE-2024-1086', kernel, true],
  ['ORACLE_LINUX', '2262126', kernel, true],
  ['ORACLE_LINUX', '2262127', kernel, false],
  ['CENTOS', 'bind-32:9.16.23-18.el9_4.noarch', bindRpm, true],
  ['CENTOS', '32:bind-9.16.23-18.el9_4.noarch', bindRpm, true],
  ['CENTOS', 'bind-9.16*.noarch', bindRpm, true],
  ['CENTOS', 'bind=32:9.16*', bindRpm, true],
  ['CENTOS', 'bind=31:9.16*', bindRpm, false],
  ['ALMA_LINUX', 'alsa-*', kernel, false],
  ['ALMA_LINUX', 'alsa-*', alsa, true],
  ['ALMA_LINUX', 'alsa-firmware*', alsa, false],
  ['ALMA_LINUX', 'ALSA-2024:1', alsa, true],
  ['SUSE', 'SUSE-SLE-Module-12-2018-123', sle, true],
  ['SUSE', 'SUSE-SLE-Module-12-*', sle, true],
  ['SUSE', 'bind-9-1.x86_64', sle, true],
  ['WINDOWS', 'KB5034441', cumulative, true],
  ['WINDOWS', 'kb5034441', cumulative, true],
  ['WINDOWS', '5034441', cumulative, true],
  ['WINDOWS', 'KB503444', cumulative, false],
  ['WINDOWS', 'MS10-048', cumulative, true],
  ['WINDOWS', 'MS10-049', cumulative, false],
  ['MACOS', 'Safari16.6MontereyAuto', safari, true],
  ['MACOS', 'Safari', safari, false],
];
for (const [os, pattern, candidate, expected] of table) {
  test(`${os}: ${pattern} ${expected ? 'names' : 'does not name'} ${candidate.name} ${candidate.version}`, () => {
    const compiled = compilePatchName(pattern, os);
    assert.ok('matches' in compiled, JSON.stringify(compiled));
    assert.equal(compiled.matches(candidate), expected);
  });
}

const refused: [OperatingSystem, pattern: string, message: RegExp][] = [
  ['DEBIAN', '', /empty/],
  ['DEBIAN', 'openssl libssl3', /space/],
  ['DEBIAN', 'openssl,libssl3', /comma/],
  ['DEBIAN', '-y', /no package name/],
  ['DEBIAN', '$(reboot)', /no package name/],
  ['DEBIAN', '../../etc/passwd', /no package name/],
  ['DEBIAN', 'openssl=', /no version/],
  ['DEBIAN', 'openssl=1;reboot', /no version/],
  ['DEBIAN', 'openssl:amd46', /no architecture of dpkg/],
  ['DEBIAN', 'CVE-24-1', /no CVE id/],
  ['CENTOS', 'kernel=', /no version/],
  ['CENTOS', '--setopt', /no package name/],
  ['WINDOWS', 'openssl', /no KB id/],
  ['WINDOWS', 'KB*', /no KB id/],
  ['MACOS', 'Safari*', /wildcard/],
];
for (const [os, pattern, message] of refused) {
  test(`${os}: "${pattern}" is refused, because it could never match`, () => {
    const compiled = compilePatchName(pattern, os);
    assert.ok('error' in compiled);
    assert.match(compiled.error, message);
  });
}

const os = fc.constantFrom(...OPERATING_SYSTEMS);

test('any text compiles or is refused in printable words, and matching never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), os, (pattern, system) => {
      const compiled = compilePatchName(pattern, system);
      if ('error' in compiled) assert.doesNotMatch(compiled.error, /[\u0000-\u001f\u007f-\u009f]/);
      else for (const one of [openssl, kernel, cumulative]) assert.equal(typeof compiled.matches(one), 'boolean');
    }),
    { numRuns: 2000 },
  );
});

const debianName = fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,30}$/);
const debianVersion = fc.stringMatching(/^(?:[0-9]:)?[0-9][A-Za-z0-9.+~]{0,20}(?:-[A-Za-z0-9.+~]{1,8})?$/);
const architecture = fc.constantFrom('amd64', 'i386', 'arm64', 'all');

test('a Debian package is named by its name, with its architecture, and with its exact version', () => {
  fc.assert(
    fc.property(debianName, architecture, debianVersion, (name, arch, version) => {
      const candidate = { ...nothing, name, architecture: arch, version };
      // What follows the last dot of a bare name can be an architecture; then the name needs its own behind it.
      const bare = /\.(?:amd64|i386|arm64|all|arm|mips|alpha|sparc|arc|x32|sh4|m68k|s390)$/.test(name) ? [] : [name];
      for (const pattern of [...bare, `${name}.${arch}`, `${name}:${arch}`, `${name}:${arch}=${version}`]) {
        const compiled = compilePatchName(pattern, 'DEBIAN');
        assert.ok('matches' in compiled && compiled.matches(candidate), pattern);
        assert.ok(!compiled.matches({ ...candidate, name: `${name}x` }), pattern);
      }
    }),
  );
});

test('a hostile list entry costs no more than a friendly one', () => {
  const compiled = compilePatchName(`${'*a'.repeat(49)}*b`, 'CENTOS');
  assert.ok('matches' in compiled);
  assert.equal(
    compiled.matches({ ...nothing, name: 'a'.repeat(20_000), architecture: 'noarch', version: '1-1' }),
    false,
  );
});
