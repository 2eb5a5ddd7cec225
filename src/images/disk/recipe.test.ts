import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRecipe } from './recipe.ts';

const GOOD = {
  family: 'web',
  base: {
    kind: 'suite',
    suite: 'bookworm',
    main: 'http://deb.example/debian',
    security: 'http://deb.example/debian-security',
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
  },
  include: ['openssh-server', 'libstdc++6'],
  hooks: [],
  checks: { Ports: [22] },
  format: 'raw',
  boot: 'none',
};

test('a recipe gets the checks that it does not name', () => {
  assert.deepEqual(checkRecipe(GOOD).checks, { Units: [], Ports: [22], Commands: [] });
});

const BAD: ReadonlyArray<readonly [what: string, change: object]> = [
  ...['../x', '', '.', '-x', 'x-', 'A', 'a/b', 'a\0b', '.work', '.bases', 'x'.repeat(64), 'ä', 'a\n'].map(
    (family) => [`the family ${JSON.stringify(family)}`, { family }] as const,
  ),
  ...['--hook', 'a b', 'a,b', '$(id)', 'a;b', 'Apt', '../x', '/tmp/x.deb', 'a=1', 'x'.repeat(200), '?essential'].map(
    (name) => [`the package ${JSON.stringify(name)}`, { include: [name] }] as const,
  ),
  ...['bookworm main', '--x', '../x', 'a\nb', '[trusted=yes]'].map(
    (suite) => [`the suite ${JSON.stringify(suite)}`, { base: { ...GOOD.base, suite } }] as const,
  ),
  ...['http://x main\ndeb http://y', 'ftp://x', 'file:/x y', 'http://user:pass@x', 'copy:/x'].map(
    (main) => [`the mirror ${JSON.stringify(main)}`, { base: { ...GOOD.base, main } }] as const,
  ),
  ['a relative keyring', { base: { ...GOOD.base, keyring: 'x.gpg' } }],
  ['a digest that leads elsewhere', { base: { kind: 'image', family: 'web', digest: '../../etc' } }],
  ['a unit that is none', { checks: { Units: ["x'; reboot"] } }],
  ['a port that is none', { checks: { Ports: [70_000] } }],
  ['a key that nobody knows', { checks: { Port: [22] } }],
  ['a hook without text', { hooks: [{ name: 'x', text: '', timeoutSeconds: 1, network: false }] }],
  ['another format', { format: 'vmdk' }],
];
for (const [what, change] of BAD) {
  test(`${what} is refused`, () => {
    assert.throws(() => checkRecipe({ ...GOOD, ...change }), { code: 'Usage' });
  });
}

test('what is refused is named, and where', () => {
  assert.throws(() => checkRecipe({ ...GOOD, include: ['ok', '--x'] }), { message: /include\.1 "--x": no name/ });
});
