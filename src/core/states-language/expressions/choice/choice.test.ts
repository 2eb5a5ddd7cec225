import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../json.ts';
import { evaluateChoice } from './evaluate.ts';
import { instantOf } from './timestamp.ts';

const input: Json = {
  s: 'm',
  n: 5,
  b: false,
  z: null,
  t: '2026-03-01T12:00:00+02:00',
  o: {},
  five: 5,
  early: '2026-03-01T10:00:00Z',
};

function choose(rule: { readonly [key: string]: Json }) {
  return evaluateChoice({ Next: 'There', ...rule }, { input, context: { c: 1 }, variables: { v: 5 } });
}

const RULES: readonly (readonly [{ readonly [key: string]: Json }, boolean])[] = [
  [{ Variable: '$.s', StringEquals: 'm' }, true],
  [{ Variable: '$.s', StringLessThan: 'n' }, true],
  [{ Variable: '$.s', StringGreaterThanEquals: 'n' }, false],
  [{ Variable: '$.n', StringEquals: '5' }, false],
  [{ Variable: '$.n', NumericEquals: 5.0 }, true],
  [{ Variable: '$.n', NumericGreaterThan: 5 }, false],
  [{ Variable: '$.n', NumericLessThanEquals: 5 }, true],
  [{ Variable: '$.s', NumericLessThan: 9 }, false],
  [{ Variable: '$.n', NumericEqualsPath: '$.five' }, true],
  [{ Variable: '$.n', NumericEqualsPath: '$v' }, true],
  [{ Variable: '$$.c', NumericEquals: 1 }, true],
  [{ Variable: '$.b', BooleanEquals: false }, true],
  [{ Variable: '$.z', BooleanEquals: false }, false],
  [{ Variable: '$.t', TimestampEquals: '2026-03-01T10:00:00Z' }, true],
  [{ Variable: '$.t', TimestampEqualsPath: '$.early' }, true],
  [{ Variable: '$.t', TimestampLessThan: '2026-03-01T10:00:00.000000001Z' }, true],
  [{ Variable: '$.s', TimestampLessThan: '2026-03-01T10:00:00Z' }, false],
  [{ Variable: '$.z', IsNull: true }, true],
  [{ Variable: '$.n', IsNull: false }, true],
  [{ Variable: '$.o', IsString: false }, true],
  [{ Variable: '$.b', IsBoolean: true }, true],
  [{ Variable: '$.n', IsNumeric: true }, true],
  [{ Variable: '$.t', IsTimestamp: true }, true],
  [{ Variable: '$.s', IsTimestamp: true }, false],
  [{ Variable: '$.none', IsPresent: false }, true],
  [{ Variable: '$.z', IsPresent: true }, true],
  [{ And: [{ Variable: '$.n', NumericEquals: 5 }, { Not: { Variable: '$.b', BooleanEquals: true } }] }, true],
  [
    {
      Or: [
        { Variable: '$.n', NumericEquals: 4 },
        { Variable: '$.s', StringEquals: 'x' },
      ],
    },
    false,
  ],
  [
    {
      And: [
        { Variable: '$.x', IsPresent: true },
        { Variable: '$.x', NumericEquals: 1 },
      ],
    },
    false,
  ],
];

for (const [rule, outcome] of RULES) {
  test(`${JSON.stringify(rule)} is ${outcome}`, () => assert.deepEqual(choose(rule), { ok: true, value: outcome }));
}

test('StringMatches takes * for anything and an escaped one for itself', () => {
  const matches = (text: string, pattern: string): unknown => {
    const made = evaluateChoice({ Variable: '$', StringMatches: pattern }, { input: text, context: {}, variables: {} });
    return made.ok && made.value;
  };
  const yes = [
    ['log-1.txt', 'log-*.txt'],
    ['', '*'],
    ['abc', '***'],
    ['a*c', 'a\\*c'],
    ['a\\b', 'a\\\\*'],
    ['aXbXc', 'a*b*c'],
    ['aa', 'a*a'],
    ['\\', '\\'],
  ];
  const no = [
    ['abc', 'a\\*c'],
    ['a', 'a*a'],
    ['abc', ''],
    ['abc', 'b'],
    ['abab', '*ba'],
    ['axc', 'a.c'],
    ['ABC', 'abc'],
    ['ab', 'ab*b'],
  ];
  for (const [text = '', pattern = ''] of yes) assert.equal(matches(text, pattern), true, `${text} ${pattern}`);
  for (const [text = '', pattern = ''] of no) assert.equal(matches(text, pattern), false, `${text} ${pattern}`);
});

test('a variable or a value that is not there fails the execution', () => {
  for (const [rule, path] of [
    [{ Variable: '$.none', StringEquals: 'x' }, '$.none'],
    [{ Variable: '$.n', NumericEqualsPath: '$.none' }, '$.none'],
  ] as const) {
    const cause = `Invalid path '${path}': The choice state's condition path references an invalid value.`;
    assert.deepEqual(choose(rule), { ok: false, error: 'States.Runtime', cause });
  }
});

test('only whole timestamps are timestamps', () => {
  for (const text of ['2016-03-14T01:59:00Z', '2016-03-14T01:59:00.123456789-12:30', '2024-02-29T00:00Z']) {
    assert.notEqual(instantOf(text), null, text);
  }
  const not = [
    '2016-12-05 21:29:29Z',
    '2016-12-05T21:29:29',
    '2016-13-05T21:29:29Z',
    '05-12-2016T21:29:29Z',
    '2016-12-05T25:29:29Z',
  ];
  for (const text of [...not, '2023-02-29T00:00:00Z', '2016-03-14', '2016-03-14t01:59:00z', '', 'now']) {
    assert.equal(instantOf(text), null, text);
  }
});
