import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EMPTY_KNOWLEDGE } from '../../core/advisories/knowledge.ts';
import { predefinedFor } from '../../core/baselines/predefined.ts';
import { evaluate } from '../../core/compliance/evaluate.ts';
import { KintsugiError } from '../../core/errors.ts';
import { captured } from './fixture-for-tests.ts';
import { composeProbe, type ProbeContext, parseProbe } from './probe.ts';

const OUTPUT = captured('probe-debian12.txt');
const NONCE = '0123456789abcdef0123456789abcdef';
const NOW = new Date('2026-11-22T22:00:00Z');
const LOCAL: ProbeContext = { access: 'local', address: 'vm', nonce: NONCE, now: NOW };

const inventory = parseProbe(OUTPUT, LOCAL);

/** The output with one section changed. */
function changed(name: string, change: (text: string) => string): string {
  const start = OUTPUT.indexOf(`@@${NONCE} ${name}\n`) + `@@${NONCE} ${name}\n`.length;
  const end = OUTPUT.indexOf(`\n@@${NONCE} end`, start);
  assert.ok(start > name.length && end >= start, name);
  return OUTPUT.slice(0, start) + change(OUTPUT.slice(start, end)) + OUTPUT.slice(end);
}

test('the probe of a real machine becomes its inventory', () => {
  assert.deepEqual(inventory.target, {
    access: 'local',
    address: 'vm',
    hostname: 'vm',
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
  });
  assert.equal(inventory.packages.length, 19);
  assert.deepEqual(
    inventory.updates.map(({ name, installedVersion, version, blocked }) => [
      name,
      installedVersion,
      version,
      blocked?.reason ?? null,
    ]),
    [
      ['apt', '2.6.1', '2.6.2', null],
      ['bind9', '1:9.18.49-1~deb12u1', '1:9.18.49-1~deb12u3', null],
      ['libpng16-16', '1.6.39-2+deb12u5', '1.6.39-2+deb12u6', 'held'],
      ['libssl3', '3.0.20-1~deb12u2', '3.0.22-1~deb12u2', 'kept-back'],
      ['linux-image-amd64', '6.1.176-1', '6.1.192-2', null],
      ['nginx', '1.22.1-9+deb12u9', '1.22.1-9+deb12u11', null],
      ['nginx-common', '1.22.1-9+deb12u9', '1.22.1-9+deb12u11', null],
      ['openssl', '3.0.20-1~deb12u2', '3.0.22-1~deb12u2', null],
      ['perl-base', '5.36.0-7+deb12u3', '5.36.0-7+deb12u4', null],
      ['apparmor', null, '3.0.8-3', null],
      ['firmware-linux-free', null, '20200122-1', null],
      ['linux-image-6.1.0-56-amd64', null, '6.1.192-2', null],
    ],
  );
  assert.deepEqual(inventory.evidence.tools, { apt: '2.6.1', dpkg: '1.21.23' });
  assert.deepEqual(inventory.evidence.exitCodes, { packages: 0, sources: 0, policy: 0, upgrade: 0, archives: 0 });
  assert.equal(inventory.evidence.gatheredAt, NOW.toISOString());
  assert.equal(inventory.evidence.listsUpdatedAt, '2026-11-22T21:32:27.000Z');
});

test('new packages come from the archive that offers them, and not from every one of the mirror', () => {
  const labels = (name: string) =>
    inventory.updates.find((one) => one.name === name)?.origins.map(({ label }) => label);
  assert.deepEqual(labels('apparmor'), ['Debian']);
  assert.deepEqual(labels('linux-image-6.1.0-56-amd64'), ['Debian-Security']);
});

test('an i386 list that the mirror lacks makes a machine with i386 packages unknown, whatever else is well', () => {
  assert.deepEqual(
    inventory.evidence.problems.map(({ code, unknown }) => [code, unknown]),
    [['lists-incomplete', true]],
  );
  const { status } = evaluate(inventory, EMPTY_KNOWLEDGE, predefinedFor('DEBIAN'), NOW, { firstSeen: () => null });
  assert.equal(status, 'UNKNOWN');
});

test('a machine that runs asks for the reboots that it needs; a root that does not run asks for none', () => {
  assert.deepEqual(
    inventory.reboot.reasons.map(({ signal, packages }) => [signal, packages]),
    [
      ['kernel', ['linux-image-6.1.0-50-amd64']],
      ['libc', ['libc6']],
    ],
  );
  for (const access of ['chroot', 'offline'] as const) {
    const root = parseProbe(OUTPUT, { ...LOCAL, access });
    assert.deepEqual(
      [root.reboot, root.target.kernel, root.target.hostname],
      [{ required: false, reasons: [] }, null, ''],
    );
    assert.deepEqual(root.packages, inventory.packages);
  }
});

test('a container runs on the kernel of somebody else', () => {
  const output = changed('facts', (text) => text.replace('container=', 'container=docker'));
  const contained = parseProbe(output, LOCAL);
  assert.deepEqual([contained.target.kernel, contained.reboot.required], [null, false]);
});

test('what packages wrote into reboot-required.pkgs is told, and what is no package name is not', () => {
  const facts = changed('facts', (text) => `${text}reboot_required=1\n`);
  const output = facts.replace(`reboot-packages\n`, 'reboot-packages\nlibssl3\n$(id)\n-o\n\n');
  const reason = parseProbe(output, LOCAL).reboot.reasons.find(({ signal }) => signal === 'reboot-required-file');
  assert.deepEqual(reason?.packages, ['libssl3']);
});

test('what this boot installed by our hand is known from the record', () => {
  const line =
    '3f0c9d5e-6f0b-4f3a-9a55-0d2c3f6b7a10\tlibc6\tamd64\t2.36-9+deb12u14\t2026-11-22T21:00:00Z\t20261122T210000Z-1a2b3c4d\n';
  const output = changed('kintsugi-installed', () => line + line.replace('3f0c', '4f0c').replace('libc6', 'bash'));
  assert.deepEqual(parseProbe(output, LOCAL).installedSinceBoot, [
    { name: 'libc6', architecture: 'amd64', version: '2.36-9+deb12u14' },
  ]);
  assert.deepEqual(parseProbe(output, { ...LOCAL, access: 'chroot' }).installedSinceBoot, []);
});

test('the C library counts by the latest of its architectures', () => {
  const output = changed('facts', (text) =>
    text.replace(/libc_installed=\d+\nlibc_installed=\d+/, 'libc_installed=1795383150\nlibc_installed=1795378000'),
  );
  assert.ok(parseProbe(output, LOCAL).reboot.reasons.some(({ signal }) => signal === 'libc'));
});

test('lines that cannot be read make the machine unknown, wherever they stand', () => {
  for (const name of ['packages', 'policy', 'policy-arriving', 'upgrade', 'show']) {
    const { problems } = parseProbe(
      changed(name, (text) => `${text}\n\nwhat\tis this\n`),
      LOCAL,
    ).evidence;
    assert.ok(
      problems.some(({ code, unknown }) => code === 'inventory-failed' && unknown),
      name,
    );
  }
});

test('what a failing resolver prints besides is told by its failure alone', () => {
  const failing = changed('upgrade', () => 'The following packages have unmet dependencies:\n').replace(
    new RegExp(`(upgrade\\n.*\\n\\n@@${NONCE} end) 0`),
    '$1 100',
  );
  const found = parseProbe(failing, LOCAL);
  assert.deepEqual(
    found.evidence.problems.map(({ code }) => code),
    ['lists-incomplete', 'resolver-failed'],
  );
  assert.equal(found.evidence.exitCodes.upgrade, 100);
  assert.ok(found.updates.length > 5 && found.updates.every(({ blocked }) => blocked !== null));
});

function refusal(output: string): string {
  try {
    parseProbe(output, LOCAL);
  } catch (error) {
    assert.ok(error instanceof KintsugiError, String(error));
    return `${error.code}: ${error.message}`;
  }
  return 'none';
}

const printed = (name: string, text = '', code = 0) => `\n@@${NONCE} ${name}\n${text}\n@@${NONCE} end ${code}\n`;

test('a machine that cannot be looked at is refused with the reason', () => {
  const facts = printed('facts', 'uid=0\n');
  const alpine = printed('os-release', 'ID=alpine\n');
  assert.equal(refusal(facts + alpine + printed('no-apt', '', 127)), 'NoPackageManager: vm has no dpkg and apt.');
  assert.equal(
    refusal(facts + printed('os-release', 'ID=debian\n') + printed('no-temporary-folder', '', 1)),
    'ProbeFailed: vm: no temporary folder could be made in TMPDIR or /tmp.',
  );
  assert.match(refusal(facts + alpine + printed('done')), /^NoPackageManager: vm: its os-release/);
  assert.equal(refusal(''), 'ProbeFailed: vm: the probe ended in the middle, after "nothing".');
});

test('a probe that was cut off anywhere is never taken for a whole one', () => {
  const end = OUTPUT.trimEnd().length;
  fc.assert(
    fc.property(fc.nat(end - 1), (length) => {
      assert.match(refusal(OUTPUT.slice(0, length)), /^ProbeFailed: vm: the probe ended in the middle/);
    }),
  );
  assert.equal(refusal(OUTPUT), 'none');
});

test('the output of another probe is none', () => {
  assert.match(refusal(OUTPUT.replaceAll(NONCE, 'f'.repeat(32))), /^ProbeFailed/);
});

test('whatever stands in any section, it is read, told as a problem, or refused', () => {
  const sections = [
    'facts',
    'packages',
    'locks',
    'lists',
    'kintsugi-runs',
    'sources',
    'list-files',
    'policy',
    'upgrade',
    'archives',
    'show',
  ];
  const text = fc
    .array(fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('\n', '\t', '=', ':', ' ')))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.constantFrom(...sections), text, (name, hostile) => {
      assert.match(refusal(changed(name, () => hostile)), /^(?:none$|NoPackageManager|ProbeFailed)/);
      assert.equal(refusal(changed(name, (real) => `${real}\n${hostile}\n`)), 'none');
    }),
    { numRuns: 150 },
  );
});

test('the script asks with the verb of the commands, for the root and under the nonce that it is given', () => {
  const script = composeProbe({ nonce: NONCE, root: "/mnt/it's", full: false });
  assert.match(script, /^NONCE='0123456789abcdef0123456789abcdef'$/m);
  assert.match(script, /^ROOT='\/mnt\/it'\\''s'$/m);
  assert.match(script, /^VERB='--with-new-pkgs upgrade'$/m);
  assert.match(composeProbe({ nonce: NONCE, root: null, full: true }), /^VERB='dist-upgrade'\nFULL='1'$/m);
});
