import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cveId, cveIds, sortCves } from './cve.ts';

test('ids are found in running text, once each, sorted by year and number', () => {
  const text = 'Fix CVE-2024-10000 (cve-2024-9999), CVE-2019-1; CVE-2024-9999.patch and UBUNTU-CVE-2023-52887';
  assert.deepEqual(cveIds(text), ['CVE-2023-52887', 'CVE-2024-9999', 'CVE-2024-10000']);
});

test('shorthand is taken apart only where it can mean one thing', () => {
  assert.deepEqual(cveIds('CVE-2021-45046/45105'), ['CVE-2021-45046', 'CVE-2021-45105']);
  assert.deepEqual(cveIds('CVE-2024-{1234,5678, 91011}'), ['CVE-2024-1234', 'CVE-2024-5678', 'CVE-2024-91011']);
  assert.deepEqual(cveIds('CVE-2021-45046/776'), ['CVE-2021-45046']);
  assert.deepEqual(cveIds('CVE-2021-4504/2021-4510'), ['CVE-2021-4504']);
  assert.deepEqual(cveIds('local-CVE-2024-33601-33602-nscd.diff'), ['CVE-2024-33601']);
  assert.deepEqual(cveIds('CVE-2024-21011, 8319851: Improve'), ['CVE-2024-21011']);
});

test('what only looks like an id is none', () => {
  assert.deepEqual(cveIds('CAN-2004-0001 CVE-24-1234 CVE-2024-123 xCVE-2024-1234 CVE-1066-1234 CVE-2024-'), []);
  assert.deepEqual(cveIds(`CVE-2024-${'1'.repeat(20)}`), []);
  assert.deepEqual([cveId('cve-2024-1234'), cveId('CVE-2024-1234 '), cveId('')], ['CVE-2024-1234', null, null]);
});

const id = fc
  .tuple(fc.integer({ min: 1999, max: 2099 }), fc.stringMatching(/^\d{4,19}$/))
  .map(([year, number]) => `CVE-${year}-${number}`);

test('ids survive being written into a text and found again', () => {
  fc.assert(
    fc.property(fc.array(id), fc.constantFrom(' ', ', ', ')\n(', ';'), (ids, between) => {
      assert.deepEqual(cveIds(ids.join(between)), sortCves(ids));
    }),
  );
});

test('sorting gives one order whatever order it is given', () => {
  fc.assert(
    fc.property(fc.array(id), (ids) => {
      assert.deepEqual(sortCves([...ids].reverse()), sortCves(ids));
      const number = (cve: string) =>
        BigInt(cve.slice(4).replace('-', '').slice(0, 4)) * 10n ** 19n + BigInt(cve.slice(9));
      const numbers = sortCves(ids).map(number);
      assert.ok(numbers.every((one, index) => index === 0 || (numbers[index - 1] ?? 0n) <= one));
    }),
  );
});
