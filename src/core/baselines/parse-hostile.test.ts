import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, debian } from './parse-for-tests.ts';

const MEBI = 1_048_576;
const hostile: [name: string, text: string][] = [
  ['a file over 1 MiB', `# ${'x'.repeat(MEBI)}`],
  ['a file over 1 MiB in bytes alone', `# ${'é'.repeat(MEBI / 2)}`],
  ['lists in lists', '['.repeat(MEBI)],
  ['mappings in mappings', '{a: '.repeat(MEBI / 4)],
  ['lists in lists, in block style', '- '.repeat(MEBI / 2)],
  ['keys of keys', '? '.repeat(MEBI / 2)],
  ['closing brackets', ']'.repeat(MEBI)],
  ['documents without end', '---\n'.repeat(MEBI / 4)],
  ['directives without end', '%a\n'.repeat(MEBI / 4)],
  ['the same key without end', 'Name: web\n'.repeat(MEBI / 10)],
  ['unknown keys', Array.from({ length: 9_000 }, (_, i) => `ApprovalRulez${i}: 1`).join('\n')],
  ['a deep list', `${'['.repeat(35)}${']'.repeat(35)}`],
];
for (const [name, text] of hostile) {
  test(`${name}: refused with few words`, () => {
    const { parsed, faults } = check(text);
    assert.ok(!parsed.ok);
    assert.ok(faults.length >= 1 && faults.length <= 101, `${faults.length} faults`);
  });
}

test('aliases of aliases do not grow without end', () => {
  const names = 'abcdefghij'.split('');
  const lines = names.map((name, i) => `${name}: &${name} [${Array(10).fill(i === 0 ? 'x' : `*${names[i - 1]}`)}]`);
  const { faults } = check(lines.join('\n'));
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', /the aliases make the file too large/);
});

test('many faults are cut after a hundred', () => {
  const { faults } = check(debian(...Array.from({ length: 500 }, (_, i) => `x${i}: 1`)));
  assert.equal(faults.length, 101);
  assert.match(faults.at(-1) ?? '', /only the first 100 are shown/);
});
