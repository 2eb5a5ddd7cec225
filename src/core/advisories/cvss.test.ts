import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readVectors, withoutVectors } from '../../../test/vectors.ts';
import { scoreCvss } from './cvss.ts';
import { scoreCvss2 } from './cvss2.ts';
import { scoreCvss3 } from './cvss3.ts';
import { scoreCvss4 } from './cvss4.ts';

for (const [name, version, rows] of [
  ['v2', '2.0', 12],
  ['v30', '3.0', 32],
  ['v31', '3.1', 35],
  ['v4', '4.0', 40],
] as const) {
  test(`CVSS ${version} vectors score as claircore-cvss-${name}_score.txt says`, { skip: withoutVectors }, () => {
    const table = readVectors(`claircore-cvss-${name}_score.txt`).map((line) => {
      const [, vector = '', score] = line.match(/^(\S+)\s+(\d+(?:\.\d)?)(?:\s+#.*)?$/) ?? [];
      return { vector, version, score: Number(score) };
    });
    const scored = table.map(({ vector }) => {
      const result = scoreCvss(vector);
      return 'error' in result ? result : { vector, version: result.version, score: result.score };
    });
    assert.deepEqual(scored, table);
    assert.equal(table.length, rows);
  });
}

for (const [name, score, rows] of [
  ['v2', scoreCvss2, 12],
  ['v3', scoreCvss3, 21],
  ['v4', scoreCvss4, 15],
] as const) {
  test(`vectors that claircore-cvss-${name}_error.txt refuses, and no others, are errors`, {
    skip: withoutVectors,
  }, () => {
    const table = readVectors(`claircore-cvss-${name}_error.txt`);
    const wrong = table.filter((line) => {
      const isFine = line.endsWith(' #OK');
      const vector = line.replace(/ #OK$/, '');
      const isOfAnotherVersion = name === 'v4' && vector.startsWith('CVSS:3.1/');
      if ('error' in scoreCvss(vector) === (isFine || isOfAnotherVersion)) return true;
      return (typeof score(vector) !== 'string') !== isFine;
    });
    assert.deepEqual(wrong, []);
    assert.equal(table.length, rows);
  });
}

const OPEN = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H';

test('severity follows the scale of the version', () => {
  const severities = [
    'AV:N/AC:L/Au:N/C:C/I:C/A:C',
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N',
    'CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N',
    OPEN,
    `${OPEN}/MVC:N/MVI:N/MVA:N/MSC:N/MSI:N/MSA:N`,
  ].map((vector) => {
    const result = scoreCvss(vector);
    return 'error' in result ? result.error : `${result.version} ${result.score} ${result.severity}`;
  });
  assert.deepEqual(severities, [
    '2.0 10 high',
    '3.1 9.8 critical',
    '3.1 0 none',
    '3.0 3.1 low',
    '4.0 10 critical',
    '4.0 0 none',
  ]);
});

test('an error names the part that is wrong, shortened and without control characters', () => {
  assert.deepEqual(scoreCvss('CVSS:3.1/AV:N/AC:\u001b[31m'), { error: 'AC is one of L, H: "AC:\\u001b[31m"' });
  assert.deepEqual(scoreCvss(`AV:N/${'x'.repeat(100)}`), { error: `unknown metric "${'x'.repeat(40)}…"` });
  assert.deepEqual(scoreCvss(`${OPEN}/`.repeat(20)), { error: 'a vector has at most 512 characters' });
  assert.deepEqual(scoreCvss(''), { error: 'unknown metric ""' });
});

test('a vector of version 4 may list its base metrics as older calculators did', () => {
  const older = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/SC:N/VI:H/SI:N/VA:H/SA:N';
  const newer = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
  assert.deepEqual(scoreCvss(older), scoreCvss(newer));
});

/** Values of the base metrics of each version, from the most severe on. */
const LADDERS = [
  [
    'CVSS:4.0/',
    'AV:NALP AC:LH AT:NP PR:NLH UI:NPA VC:HLN VI:HLN VA:HLN SC:HLN SI:HLN SA:HLN E:APU CR:HML IR:HML AR:HML',
  ],
  ['CVSS:3.1/', 'AV:NALP AC:LH PR:NLH UI:NR S:CU C:HLN I:HLN A:HLN'],
  ['CVSS:3.0/', 'AV:NALP AC:LH PR:NLH UI:NR S:CU C:HLN I:HLN A:HLN'],
  ['', 'AV:NAL AC:LMH Au:NSM C:CPN I:CPN A:CPN'],
] as const;

for (const [prefix, table] of LADDERS) {
  test(`any ${prefix || 'CVSS 2 '}vector scores between 0 and 10, and no less where one metric is more severe`, () => {
    const ladder = table.split(' ').map((entry) => entry.split(':') as [string, string]);
    const places = fc.tuple(...ladder.map(([, values]) => fc.nat(values.length - 1)));
    const write = (at: readonly number[]) =>
      prefix + ladder.map(([name, values], i) => `${name}:${values[at[i] ?? 0]}`).join('/');
    const scoreAt = (at: readonly number[]) => {
      const result = scoreCvss(write(at));
      return 'error' in result ? assert.fail(`${write(at)}: ${result.error}`) : result.score;
    };
    fc.assert(
      fc.property(places, fc.nat(ladder.length - 1), (at, which) => {
        const worse = at.map((place, i) => (i === which ? Math.max(place - 1, 0) : place));
        const score = scoreAt(at);
        assert.ok(score >= 0 && score <= 10 && Math.round(score * 10) / 10 === score);
        assert.ok(scoreAt(worse) >= score, `${write(worse)} scores less than ${write(at)}`);
      }),
      { numRuns: 2000 },
    );
  });
}

test('whatever is given, the answer is a score or an error, never an exception', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => 'error' in scoreCvss(`CVSS:4.0/${text}`)));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => 'error' in scoreCvss(text)));
});
