import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { conffileOptions, exactPackage, installOptions, isSafePackage, upgradeVerb } from './commands.ts';

test('the default verb never removes, for all of scan, dry run and install', () => {
  assert.deepEqual(upgradeVerb(false), ['--with-new-pkgs', 'upgrade']);
  assert.deepEqual(upgradeVerb(true), ['dist-upgrade']);
  assert.ok(installOptions(false).includes('--no-remove'));
  assert.ok(!installOptions(true).includes('--no-remove'));
  for (const full of [false, true]) {
    for (const option of ['--only-upgrade', '--no-auto-remove']) assert.ok(installOptions(full).includes(option));
  }
});

test('every policy for configuration files answers without asking', () => {
  assert.deepEqual(conffileOptions('keep'), ['--force-confdef', '--force-confold']);
  assert.deepEqual(conffileOptions('skip'), conffileOptions('keep'));
  assert.deepEqual(conffileOptions('replace'), ['--force-confnew']);
});

const safe: [string, string, string][] = [
  ['bind9', 'amd64', '1:9.18.49-1~deb12u3'],
  ['libkf5archive-data', 'all', '5.103.0-1'],
  ['g++-12', 'kfreebsd-i386', '12.2.0-14+deb12u1'],
  ['libstdc++6', 'i386', '12.2.0-14+b1'],
  ['python3.11', 'hurd-amd64', '2026f-0+deb12u1'],
  ['0ad', 'riscv64', '0'],
];
for (const [name, architecture, version] of safe) {
  test(`${name}:${architecture}=${version} may reach a command`, () => {
    assert.equal(exactPackage({ name, architecture, version }), `${name}:${architecture}=${version}`);
  });
}

const unsafe: [string, string, string][] = [
  ['-oAPT::Foo=1', 'amd64', '1'],
  ['--allow-downgrades', 'amd64', '1'],
  ['a', 'amd64', '1'],
  ['Curl', 'amd64', '1'],
  ['curl ', 'amd64', '1'],
  ['curl\n', 'amd64', '1'],
  ['curl*', 'amd64', '1'],
  ['curl$(id)', 'amd64', '1'],
  ["cu'rl", 'amd64', '1'],
  ['curl/stable', 'amd64', '1'],
  ['./curl.deb', 'amd64', '1'],
  ['curl_x', 'amd64', '1'],
  ['x'.repeat(129), 'amd64', '1'],
  ['curl', '', '1'],
  ['curl', 'amd64 ', '1'],
  ['curl', 'any*', '1'],
  ['curl', '-amd64', '1'],
  ['curl', 'amd64', ''],
  ['curl', 'amd64', 'x1'],
  ['curl', 'amd64', '1 2'],
  ['curl', 'amd64', '1\n'],
  ['curl', 'amd64', '1_2'],
  ['curl', 'amd64', '1%2'],
  ['curl', 'amd64', '1;id'],
  ['curl', 'amd64', '1-'],
  ['curl', 'amd64', ':1'],
  ['curl', 'amd64', '1:'],
  ['curl', 'amd64', '1:-1'],
  ['curl', 'amd64', '99999999999:1'],
  ['curl', 'amd64', `1${'0'.repeat(256)}`],
];
for (const [name, architecture, version] of unsafe) {
  test(`${JSON.stringify([name, architecture, version]).slice(0, 60)} may not reach a command`, () => {
    assert.equal(isSafePackage({ name, architecture, version }), false);
    assert.throws(() => exactPackage({ name, architecture, version }), /may reach a command/);
  });
}

test('what may reach a command has no character that means anything to a shell, to xargs or to an option parser', () => {
  const near = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 6 });
  const field = (alphabet: string) =>
    fc.oneof(
      { weight: 4, arbitrary: near(alphabet) },
      near(`${alphabet} '"\\$\`*?[]{}()<>|&;!#~=%\n\t-`),
      fc.string({ unit: 'binary' }),
    );
  const one = fc.record({ name: field('ab19+.-'), architecture: field('amd64-'), version: field('0129:.+~-a') });
  let accepted = 0;
  fc.assert(
    fc.property(one, (given) => {
      if (!isSafePackage(given)) return;
      accepted += 1;
      const word = exactPackage(given);
      assert.match(word, /^[a-z0-9][a-z0-9+.-]+:[a-z0-9][a-z0-9-]*=[0-9][A-Za-z0-9.+~:-]*$/);
      assert.equal(word.split('=').length, 2);
    }),
    { numRuns: 3000 },
  );
  assert.ok(accepted > 20, `only ${accepted} were accepted`);
});
