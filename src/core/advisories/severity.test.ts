import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mapSeverity, scoreBand, worstSeverity } from './severity.ts';
import { SEVERITY_LEVELS, type SeverityLevel } from './types.ts';

const WORDS: readonly (readonly [source: string, raw: string, mapped: SeverityLevel])[] = [
  ['debian', 'low', 'low'],
  ['debian', 'medium**', 'medium'],
  ['debian', 'high', 'high'],
  ['debian-changelog', 'emergency', 'critical'],
  ['debian-changelog', 'critical', 'critical'],
  ['debian', 'unimportant', 'none'],
  ['debian', 'not yet assigned', 'unknown'],
  ['debian', 'end-of-life', 'unknown'],
  ['ubuntu', 'negligible', 'low'],
  ['ubuntu', 'untriaged', 'unknown'],
  ['redhat', 'Important', 'high'],
  ['alma', 'Moderate', 'medium'],
  ['suse', 'important', 'high'],
  ['suse', 'unspecified', 'unknown'],
  ['github', 'MODERATE', 'medium'],
  ['redhat', '9.8', 'unknown'],
  ['debian', 'constructor', 'unknown'],
  ['cvss:3.1', '9.8', 'critical'],
  ['cvss:3.1', 'high', 'unknown'],
  ['cvss:3.1', '98', 'unknown'],
  ['cvss:2.0', '9.8', 'high'],
];

test('a word means what its vendor means by it', () => {
  for (const [source, raw, mapped] of WORDS) assert.deepEqual(mapSeverity(source, raw), { source, raw, mapped });
});

test('scores fall into the bands of their version', () => {
  const band = (source: string) => [0, 0.1, 3.9, 4, 6.9, 7, 8.9, 9, 10].map((score) => scoreBand(score, source));
  assert.deepEqual(band('cvss:4.0'), [
    'none',
    'low',
    'low',
    'medium',
    'medium',
    'high',
    'high',
    'critical',
    'critical',
  ]);
  assert.deepEqual(band('cvss:2.0'), ['low', 'low', 'low', 'medium', 'medium', 'high', 'high', 'high', 'high']);
  assert.deepEqual([scoreBand(-1, 'cvss:3.1'), scoreBand(Number.NaN, 'cvss:2.0')], ['unknown', 'unknown']);
});

test('a higher score is never a lower level', () => {
  const score = fc.double({ min: 0, max: 10, noNaN: true });
  fc.assert(
    fc.property(score, score, fc.constantFrom('cvss:2.0', 'cvss:3.1', 'cvss:4.0'), (a, b, source) => {
      const rank = (one: number) => SEVERITY_LEVELS.indexOf(scoreBand(one, source));
      assert.ok(rank(Math.max(a, b)) <= rank(Math.min(a, b)));
    }),
  );
});

test('the worst of several is known before it is unknown', () => {
  const words = ['untriaged', 'low', 'high', 'medium'].map((word) => mapSeverity('ubuntu', word));
  assert.equal(worstSeverity(words)?.raw, 'high');
  assert.equal(worstSeverity(words.slice(0, 2))?.raw, 'low');
  assert.equal(worstSeverity([]), null);
});
