import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAdvisoryText } from './advisory-text.ts';

const OSV = { id: 'DSA-1-1', modified: '2024-01-01T00:00:00Z', affected: [] };

function read(text: string): unknown {
  const seen = readAdvisoryText(text);
  return seen.kind === null ? seen.reason : [seen.kind, seen.parsed.records.length, seen.parsed.problems.length];
}

test('formats are told by their content', () => {
  const one = JSON.stringify(OSV, null, 2);
  assert.deepEqual(read(one), ['osv', 1, 0]);
  assert.deepEqual(read(`\uFEFF\n${one}`), ['osv', 1, 0]);
  assert.deepEqual(read(`[${one},${one}]`), ['osv', 2, 0]);
  assert.deepEqual(read(`{"vulns":[${one}]}`), ['osv', 1, 0]);
  assert.deepEqual(read(`${JSON.stringify(OSV)}\r\n\n${JSON.stringify(OSV)}\n`), ['osv', 2, 0]);
  assert.deepEqual(read(`${JSON.stringify(OSV)}\n{"id":\n${JSON.stringify(OSV)}`), ['osv', 2, 1]);
  assert.deepEqual(read('{"catalogVersion":"1","vulnerabilities":[]}'), ['kev', 0, 0]);
  assert.deepEqual(read('#model_version:v1,score_date:2024-01-01T00:00:00+0000\ncve,epss,percentile\n'), [
    'epss',
    0,
    0,
  ]);
  assert.deepEqual(read('[31 Mar 2023] DSA-5380-1 xorg-server - security update\n'), ['debian-list', 1, 0]);
});

test('what is of no known format says so, and what is broken says how', () => {
  assert.equal(read(' \n'), 'it is empty');
  assert.equal(read('# How to use this\n'), 'its format is not known');
  assert.equal(read('{"name":"kintsugi"}'), 'its JSON is neither OSV nor the KEV catalogue');
  assert.equal(read('[1,2]'), 'its JSON is neither OSV nor the KEV catalogue');
  assert.match(String(read('{"id":"DSA-1-1",')), /^it is not valid JSON: /);
  const damaged = readAdvisoryText('{"id":');
  assert.ok(damaged.kind === null && damaged.damaged);
});

test('no text makes the reader fail', () => {
  const scrap = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"id":',
    '"vulnerabilities":',
    '"DSA-1"',
    ',',
    '\n',
    'cve,epss,percentile',
    '[31 Mar 2023] DSA-1-1',
    '\t{CVE-',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(scrap, fc.json(), fc.string())), (scraps) => {
      const seen = readAdvisoryText(scraps.join(''));
      assert.ok(seen.kind === null ? seen.reason !== '' : Array.isArray(seen.parsed.records));
    }),
  );
});

test('any JSON in the place of an OSV record gives an advisory of sound types or a problem', () => {
  const keys = fc.constantFrom(
    'id',
    'modified',
    'published',
    'affected',
    'severity',
    'references',
    'related',
    'package',
    'ranges',
    'events',
    'ecosystem',
    'name',
    'fixed',
    'summary',
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.constant(null),
      fc.integer(),
      fc.array(tie('any')),
      fc.dictionary(keys, tie('any')),
    ),
  })).any;
  fc.assert(
    fc.property(fc.dictionary(keys, value), (record) => {
      const seen = readAdvisoryText(JSON.stringify({ ...OSV, ...record }));
      if (seen.kind !== 'osv') return;
      for (const one of seen.parsed.records) {
        assert.equal(typeof one.title, 'string');
        assert.ok(one.affected.every((row) => row.name !== '' && row.ecosystem !== ''));
      }
    }),
  );
});
