import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOrder, readVectors, withoutVectors } from '../../../test/vectors.ts';
import { compareKeys } from './key.ts';
import { compareNevra, parseNevra } from './nevra.ts';
import { compareRpm, isValidRpm, parseRpm, rpmKey, rpmvercmp } from './rpm.ts';

for (const table of ['rpm-4.18-rpmvercmp.txt', 'claircore-rpmver-rpmvercmp.txt', 'rpm-librpm-10k.txt']) {
  test(`rpm versions and their keys order as ${table} says`, { skip: withoutVectors }, () => {
    const rows = readVectors(table).map(readOrder);
    const wrong = rows.filter(({ a, b, order }) => rpmvercmp(a, b) !== order || compareRpm(a, b) !== order);
    const wrongKeys = rows.filter(({ a, b, order }) => compareKeys(rpmKey(a) ?? '', rpmKey(b) ?? '') !== order);
    assert.ok(rows.length > 90);
    assert.deepEqual({ wrong, wrongKeys }, { wrong: [], wrongKeys: [] });
  });
}

test('NEVRA order as claircore-rpmver-compare.txt says', { skip: withoutVectors }, () => {
  const rows = readVectors('claircore-rpmver-compare.txt').map(readOrder);
  const wrong = rows.filter(({ a, b, order }) => {
    const [x, y] = [parseNevra(a), parseNevra(b)];
    return x === undefined || y === undefined || compareNevra(x, y) !== order || compareNevra(y, x) !== 0 - order;
  });
  assert.equal(rows.length, 12);
  assert.deepEqual(wrong, []);
});

test('NEVRA fall apart as claircore-rpmver-parse.txt says', { skip: withoutVectors }, () => {
  const rows = readVectors('claircore-rpmver-parse.txt').map((line) => line.trim().split(/\s+/));
  for (const [text = '', ...parts] of rows) {
    const [name, epoch, version, release, architecture] = parts.map((part) => (part === "''" ? null : part));
    assert.deepEqual(parseNevra(text), { name, epoch, version, release, architecture });
  }
  assert.equal(rows.length, 4);
});

test('a text without version and release is no NEVRA', () => {
  for (const text of ['', '-', 'bash', '1-', '-1', '-1-1', 'bash--1', 'bash-x:1-1', 'bash-1-.noarch']) {
    assert.equal(parseNevra(text), undefined, text);
  }
});

test('an EVR falls apart where rpm cuts it', () => {
  const cut = (text: string) => Object.values(parseRpm(text) ?? {});
  assert.deepEqual(cut('1:2-3-4'), ['1', '2-3', '4']);
  assert.deepEqual(cut(':2'), ['0', '2', null]);
  assert.deepEqual(cut('a:2-'), [null, 'a:2', '']);
  assert.deepEqual(cut('2-1:3'), [null, '2', '1:3']);
  assert.deepEqual(cut(''), []);
});

test('an EVR without release is older than any release, an epoch of zero is none', () => {
  const rows = ['1 1- -1', '1- 1-0 -1', '1 1-~ -1', '1-1 1 1', '0:1 1 0', ':1 1 0', '00:1 1 0', '1: 1:1 -1', '-1 1 -1'];
  for (const { a, b, order } of rows.map(readOrder)) {
    assert.equal(compareRpm(a, b), order, `${a} ${b}`);
    assert.equal(compareKeys(rpmKey(a) ?? '', rpmKey(b) ?? ''), order, `${a} ${b}`);
  }
});

test('rpm refuses the empty version alone; beyond that, only what no command line can hold', () => {
  assert.deepEqual(['', '1\0', '1'.repeat(4097)].map(isValidRpm), [false, false, false]);
  assert.deepEqual(['é', '!', '1'.repeat(4096)].map(isValidRpm), [true, true, true]);
  assert.deepEqual(['', '1\0'].map(rpmKey), [undefined, undefined]);
});
