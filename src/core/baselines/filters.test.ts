import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { disjointKey, matchesGroup, type PatchAttributes } from './filters.ts';
import { PATCH_FILTER_KEYS, type PatchFilter, type PatchFilterGroup, type PatchFilterKey } from './types.ts';

const openssl: PatchAttributes = {
  product: 'Debian12',
  productFamily: 'Debian',
  classification: 'Security',
  severity: 'Moderate',
  priority: 'optional',
  section: 'utils',
  arch: 'amd64',
  name: 'openssl',
  version: '3.0.17-1~deb12u3',
  repository: 'bookworm-security',
  advisoryIds: ['DSA-6015-1'],
  cves: ['CVE-2025-9230', 'CVE-2025-9232'],
  security: true,
};

const group = (...filters: [PatchFilterKey, ...string[]][]): PatchFilterGroup => ({
  PatchFilters: filters.map(([Key, ...Values]) => ({ Key, Values })),
});

const table: [string, PatchFilterGroup, boolean][] = [
  ['a group without filters lets everything through', group(), true],
  [
    'a value matches without regard to case, as archives write priorities in lower case',
    group(['PRIORITY', 'Optional']),
    true,
  ],
  ['values of one key are alternatives', group(['PRIORITY', 'Required', 'Optional']), true],
  ['different keys must all match', group(['PRIORITY', 'Optional'], ['SECTION', 'net']), false],
  ['Medium and Moderate are one severity', group(['SEVERITY', 'Medium']), true],
  ['Medium is nothing special in other keys', group(['NAME', 'Medium']), false],
  ['the product is compared whole', group(['PRODUCT', 'Debian']), false],
  ['a product may hold a wildcard', group(['PRODUCT', 'debian*']), true],
  ['one of several advisories is enough', group(['CVE_ID', 'cve-2025-9232']), true],
  ['an advisory that it does not fix is none', group(['ADVISORY_ID', 'DSA-1-1']), false],
  ['security is asked for as true and false', group(['SECURITY', 'True']), true],
  ['an attribute that is absent equals nothing', group(['RELEASE', '1']), false],
  ['an attribute that is absent matches *', group(['RELEASE', '*'], ['BUGZILLA_ID', '*']), true],
];
for (const [name, filters, expected] of table) {
  test(name, () => assert.equal(matchesGroup(filters, openssl), expected));
}

test('what is not known never matches a value, and always matches *', () => {
  const unknown = { ...openssl, classification: null, severity: null, priority: null, section: null };
  for (const key of ['CLASSIFICATION', 'SEVERITY', 'PRIORITY', 'SECTION'] as const) {
    for (const value of ['null', '', 'Security', 'None', '?*']) {
      assert.equal(matchesGroup(group([key, value]), unknown), false, `${key} ${value}`);
    }
    assert.equal(matchesGroup(group([key, '*']), unknown), true);
  }
});

const key = fc.constantFrom(...PATCH_FILTER_KEYS);
const value = fc.constantFrom(
  '*',
  'Security',
  'Moderate',
  'Medium',
  'optional',
  'utils',
  'Debian12',
  'deb*',
  'DSA-6015-1',
);
const filter: fc.Arbitrary<PatchFilter> = fc.record({
  Key: key,
  Values: fc.array(value, { minLength: 1, maxLength: 3 }),
});
const groups = fc.record({ PatchFilters: fc.uniqueArray(filter, { maxLength: 3, selector: ({ Key }) => Key }) });

test('one more filter never lets more through, one more value never less', () => {
  fc.assert(
    fc.property(groups, filter, value, ({ PatchFilters }, more, other) => {
      const before = matchesGroup({ PatchFilters }, openssl);
      if (matchesGroup({ PatchFilters: [...PatchFilters, more] }, openssl)) assert.ok(before);
      const wider = PatchFilters.map((one) => ({ ...one, Values: [...one.Values, other] }));
      if (before) assert.ok(matchesGroup({ PatchFilters: wider }, openssl));
    }),
  );
});

test('no patch passes two groups that are said to exclude each other', () => {
  fc.assert(
    fc.property(groups, groups, (a, b) => {
      if (disjointKey(a, b) !== null) assert.ok(!(matchesGroup(a, openssl) && matchesGroup(b, openssl)));
    }),
    { numRuns: 2000 },
  );
});

test('groups exclude each other by the values that they do not share', () => {
  assert.equal(disjointKey(group(['PRODUCT', 'Debian12']), group(['PRODUCT', 'Ubuntu22.04'])), 'PRODUCT');
  assert.equal(disjointKey(group(['PRODUCT', 'Debian*']), group(['PRODUCT', 'Ubuntu22.04'])), 'PRODUCT');
  assert.equal(disjointKey(group(['PRODUCT', 'Debian*']), group(['PRODUCT', 'debian12'])), null);
  assert.equal(disjointKey(group(['PRODUCT', 'Debian*']), group(['PRODUCT', '*12'])), null);
  assert.equal(disjointKey(group(['PRODUCT', '*']), group(['PRODUCT', 'Ubuntu22.04'])), null);
  assert.equal(disjointKey(group(['SEVERITY', 'Medium']), group(['SEVERITY', 'Moderate'])), null);
  assert.equal(disjointKey(group(['PRODUCT', 'Debian12']), group(['SECTION', 'net'])), null);
  assert.equal(disjointKey(group(['CVE_ID', 'CVE-2025-9230']), group(['CVE_ID', 'CVE-2025-9232'])), null);
});
