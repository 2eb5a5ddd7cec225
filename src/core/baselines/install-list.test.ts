import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseInstallList } from './install-list.ts';

const openssl = { name: 'openssl', architecture: 'amd64', version: '3.0.22-1~deb12u2' };
const bind = { name: 'bind9', architecture: 'amd64', version: '1:9.18.28-1' };

function list(text: string) {
  const parsed = parseInstallList(text);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.list;
}

const entry = (id: string, title: string) => list(`patches:\n  - id: '${id}'\n    title: '${title}'\n`);

test('an entry takes the version that both its id and its title match', () => {
  assert.ok(entry('openssl.amd64', 'openssl.amd64:3.0.22-1~deb12u2').takes(openssl));
  assert.ok(entry('openssl.*', 'openssl.*:3.0.*').takes(openssl));
  assert.ok(entry('*', '*').takes(openssl));
  assert.ok(!entry('openssl.amd64', 'openssl.amd64:3.0.20*').takes(openssl));
  assert.ok(!entry('curl.amd64', '*').takes(openssl));
  assert.ok(!entry('openssl', '*').takes(openssl), 'an id is a name with an architecture');
  assert.ok(entry('openssl.amd64', 'openssl.amd64:3.0.20*').names(openssl));
});

test('a version may be given with its epoch or without', () => {
  assert.ok(entry('bind9.amd64', 'bind9.amd64:1:9.18.28-1').takes(bind));
  assert.ok(entry('bind9.amd64', 'bind9.amd64:9.18.28-1').takes(bind));
  assert.ok(!entry('bind9.amd64', 'bind9.amd64:2:9.18.28-1').takes(bind));
});

const FAULTS: [string, string, RegExp][] = [
  ['no YAML', 'patches: [', /YAML not well-formed/],
  ['a text', 'hello', /no list "patches"/],
  ['no list', 'patches: openssl', /no list "patches"/],
  ['an empty list', 'patches: []', /is empty/],
  ['a name alone', 'patches: [openssl]', /patch 1 is not a map/],
  ['no id', 'patches: [{title: a}]', /patch 1 has no id/],
  ['no title', 'patches: [{id: openssl.amd64}]', /patch 1 \("openssl.amd64"\) has no title/],
  ['a number for an id', 'patches: [{id: 3, title: "*"}]', /patch 1 has no id/],
  ['blanks inside', 'patches: [{id: "a b", title: "*"}]', /which no package/],
  ['control characters', 'patches: [{id: "a\\u001b[2J", title: "*"}]', /\\u001b/],
  [
    'aliases of aliases',
    `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\npatches: [*c,*c,*c]`,
    /./,
  ],
  ['too many', `patches:\n${'- {id: a, title: b}\n'.repeat(5001)}`, /5001 patches/],
];

for (const [what, text, message] of FAULTS) {
  test(`a list with ${what} is refused with the fault named`, () => {
    const parsed = parseInstallList(text);
    assert.ok(!parsed.ok);
    assert.match(parsed.faults.join('\n'), message);
  });
}

test('all faults are told, up to twenty', () => {
  const parsed = parseInstallList(`patches:\n${'- {}\n'.repeat(30)}`);
  assert.ok(!parsed.ok);
  assert.equal(parsed.faults.length, 20);
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      parseInstallList(text);
      parseInstallList(`patches: ${text}`);
    }),
  );
});
