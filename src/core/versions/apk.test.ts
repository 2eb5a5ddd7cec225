import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOrder, readVectors, withoutVectors } from '../../../test/vectors.ts';
import { type ApkOperator, apkKey, compareApk, isValidApk, matchesApk } from './apk.ts';
import { compareKeys } from './key.ts';

/** A line of the table: `a op b`, or a version alone that is valid, or `!version` that is not. */
const rows = withoutVectors
  ? []
  : readVectors('apk-tools-version.data').map((line) => {
      const [a = '', operator, b, ...rest] = line.replace(/\s*#.*$/, '').split(' ');
      if (rest.length > 0 || (operator !== undefined && b === undefined)) throw new Error(`not understood: ${line}`);
      return { a, operator, b };
    });
const orders = rows.filter(({ operator }) => operator !== undefined && /^[<=>]$/.test(operator));
const fuzzy = rows.filter(({ operator }) => operator?.includes('~'));
const single = rows.filter(({ operator }) => operator === undefined);

test('every line of apk-tools-version.data is one of the kinds tested here', { skip: withoutVectors }, () => {
  assert.ok(orders.length > 700 && fuzzy.length > 15 && single.length > 30);
  assert.equal(orders.length + fuzzy.length + single.length, rows.length);
});

test('apk versions and their keys order as apk-tools-version.data says', { skip: withoutVectors }, () => {
  const wrong = orders.filter(({ a, operator, b = '' }) => {
    const order = readOrder(`${a} ${operator} ${b}`).order;
    const [x, y] = [apkKey(a), apkKey(b)];
    const hasWrongKeys = x !== undefined && y !== undefined && compareKeys(x, y) !== order;
    return compareApk(a, b) !== order || compareApk(b, a) !== 0 - order || hasWrongKeys;
  });
  assert.deepEqual(wrong, []);
});

test('the versions in the orders of apk-tools-version.data have keys but for two', { skip: withoutVectors }, () => {
  const without = orders.flatMap(({ a, b = '' }) => [a, b]).filter((version) => apkKey(version) === undefined);
  assert.deepEqual(without, ['23_foo', '1.0bc'], 'apk refuses these two, and compares them up to the offence');
});

test('apk dependencies match as apk-tools-version.data says', { skip: withoutVectors }, () => {
  const wrong = fuzzy.filter(({ a, operator, b = '' }) => !matchesApk(a, operator as ApkOperator, b));
  const inverse = fuzzy.filter(({ a, operator = '', b = '' }) => {
    const inverted = operator.startsWith('!') ? operator.slice(1) : `!${operator}`;
    return matchesApk(a, inverted as ApkOperator, b);
  });
  assert.deepEqual({ wrong, inverse }, { wrong: [], inverse: [] });
});

test('apk versions are valid as apk-tools-version.data says', { skip: withoutVectors }, () => {
  const wrong = single.filter(({ a }) => isValidApk(a.replace(/^!/, '')) === a.startsWith('!'));
  const wrongKeys = single.filter(({ a }) => (apkKey(a.replace(/^!/, '')) === undefined) !== a.startsWith('!'));
  assert.deepEqual({ wrong, wrongKeys }, { wrong: [], wrongKeys: [] });
});

test('apk versions and their keys order as apk-3.0.6-3k.txt says', { skip: withoutVectors }, () => {
  const table = readVectors('apk-3.0.6-3k.txt').map(readOrder);
  const wrong = table.filter(({ a, b, order }) => compareApk(a, b) !== order || compareApk(b, a) !== 0 - order);
  const wrongKeys = table.filter(({ a, b, order }) => compareKeys(apkKey(a) ?? '', apkKey(b) ?? '') !== order);
  assert.ok(table.length > 2900);
  assert.deepEqual({ wrong, wrongKeys }, { wrong: [], wrongKeys: [] });
  assert.deepEqual(
    table.flatMap(({ a, b }) => [a, b]).filter((version) => !isValidApk(version)),
    [],
  );
});

test('dependency operators without a tilde ask for the plain order', () => {
  const answers = (['<', '<=', '=', '>=', '>', '!=' as ApkOperator] as const).map((operator) => [
    matchesApk('1.2', operator, '1.3'),
    matchesApk('1.2', operator, '1.2'),
    matchesApk('1.2', operator, '1.1'),
  ]);
  assert.deepEqual(answers, [
    [true, false, false],
    [true, true, false],
    [false, true, false],
    [false, true, true],
    [false, false, true],
    [true, false, true],
  ]);
});

test('each step of an apk release goes up', () => {
  const prereleases = ['1_alpha', '1_alpha0', '1_beta', '1_pre', '1_rc'];
  const releases = ['1', '1-r0', '1-r1', '1~0a', '1~0a-r0', '1_cvs', '1_p', '1_p0', '1_p_p', '1a'];
  const more = [...prereleases, ...releases, '1.0', '1.00', '1.01', '1.1', '1.9', '1.10', '2'];
  const keys = more.map((version) => apkKey(version) ?? '');
  assert.deepEqual(more.toSorted(compareApk), more);
  assert.deepEqual(keys.toSorted(compareKeys), keys);
});
