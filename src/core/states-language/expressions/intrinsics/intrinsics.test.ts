import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../json.ts';
import { checkIntrinsic, evaluateStringExpression } from '../string-expression.ts';

const input: Json = {
  s: 'a,b',
  n: 5,
  list: [3, 1, 3, { a: 1, b: 2 }, { b: 2, a: 1 }],
  o: { k: [1, null] },
  deep: [1.6, 2.7],
};

function run(text: string, random = (): number => 0.5) {
  return evaluateStringExpression(text, { input, context: { T: 'x' }, variables: { v: 2 } }, random, 'v.$');
}

const VALUES: readonly (readonly [string, Json])[] = [
  ['States.Array()', []],
  ["States.Array( 'a' , 1,-2.5,true,null,$.n,$$.T,$v )", ['a', 1, -2.5, true, null, 5, 'x', 2]],
  ['States.ArrayPartition($.list, 2)', [[3, 1], [3, { a: 1, b: 2 }], [{ b: 2, a: 1 }]]],
  ['States.ArrayContains($.list, 3)', true],
  ['States.ArrayContains($.list, States.StringToJson(\'{"b":2,"a":1}\'))', true],
  ["States.ArrayContains($.list, '3')", false],
  ['States.ArrayRange(1.6, 1.4, 1)', [1]],
  ['States.ArrayRange(5.4, -0.6, -2.4)', [5, 3, 1]],
  ['States.ArrayRange(5, 1, 1)', []],
  ['States.ArrayGetItem($.list, 1)', 1],
  ['States.ArrayUnique($.list)', [3, 1, { a: 1, b: 2 }]],
  ["States.Base64Decode(States.Base64Encode('grüß €'))", 'grüß €'],
  ["States.Format('{}-{}', $.s, $.o)", 'a,b-{k=[1, null]}'],
  ["States.Format('it\\'s \\{{}\\} \\\\', $.n)", "it's {5} \\"],
  ["States.Format(States.Format('\\{\\}'), $.n)", '5'],
  ['States.JsonToString($.o)', '{"k":[1,null]}'],
  ['States.MathAdd($.deep[0], $.deep[1])', 5],
  ['States.MathAdd(2147483646, 1)', 2147483647],
  ['States.MathRandom(1, 11)', 6],
  ["States.StringSplit(',a;;b,', ',;')", ['a', 'b']],
  ["States.StringSplit('abc', '')", ['abc']],
  ["States.StringToJson('')", null],
  ["States.StringToJson(' [1] ')", [1]],
  [
    "States.Array($.list[?(@.a == 1 && @.b in [2, 3])], $['s'])",
    [
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      'a,b',
    ],
  ],
];

for (const [text, value] of VALUES) {
  test(`${text} has a value`, () => assert.deepEqual(run(text), { ok: true, value }));
}

const INVALID = [
  ...['ArrayPartition($.list, 0)', 'ArrayPartition($.s, 1)', 'ArrayRange(1, 1001, 1)', 'ArrayRange(1, 2, 0.49)'],
  ...['ArrayGetItem($.list, 9)', 'ArrayGetItem($.list, -1)', 'ArrayLength($.o)', 'ArrayUnique($.s)', 'Base64Encode(1)'],
  ...["Base64Decode('?')", "Hash('a', 'CRC32')", 'JsonMerge($.o, $.o, true)', 'JsonMerge($.o, 1, false)'],
  ...[
    "MathAdd('1', 2)",
    'MathAdd(2147483647, 1)',
    'MathAdd(3000000000, 1)',
    'MathRandom(1, 1)',
    'MathRandom(1.4, 1.6)',
  ],
  ...[
    'MathRandom(1, 10, null)',
    "StringToJson('{bad}')",
    'StringToJson(1)',
    "Format('{} {}', 1)",
    "Format('{}', 1, 2)",
  ],
  ...["Format('Hello {', $.n)", "Format('{{}}', $.n)", "Format('}')", 'Format(1)', 'StringSplit(1, 2)'],
];

for (const text of INVALID) {
  test(`States.${text} has invalid arguments`, () => {
    const cause = `Invalid arguments in States.${text.slice(0, text.indexOf('('))}`;
    assert.deepEqual(run(`States.${text}`), { ok: false, error: 'States.Runtime', cause });
  });
}

test('an argument that leads nowhere is named with the whole function', () => {
  const made = run("States.Format('{}', $.none)");
  assert.match(
    made.ok ? '' : made.cause,
    /^The function 'States\.Format\('\{\}', \$\.none\)' had the following error: The JsonPath argument for the field '\$\.none' could not be found in the input '/,
  );
});

test('what is no intrinsic function is refused when it is checked', () => {
  const nested = (levels: number): string => `${'States.Array('.repeat(levels)}${')'.repeat(levels)}`;
  const broken = [
    '',
    'x',
    'States.Nope()',
    'States.UUID(1)',
    'States.Array(',
    "States.Array('a)",
    'States.Array(1 2)',
    'States.Array(,)',
  ];
  for (const text of [...broken, 'States.Array() x', nested(11), `States.Array('${'a'.repeat(10_000)}')`]) {
    assert.ok(checkIntrinsic(text), text);
    assert.equal(run(text).ok, false, text);
  }
  assert.equal(checkIntrinsic(nested(10)), null);
});

test('the same seed gives the same number in the range, and no seed asks for a random one', () => {
  const seeds = Array.from({ length: 200 }, (_, seed) => run(`States.MathRandom(-5, 5, ${seed - 100})`));
  for (const made of seeds) assert.ok(made.ok && Number(made.value) >= -5 && Number(made.value) < 5);
  assert.ok(new Set(seeds.map((made) => (made.ok ? made.value : null))).size > 5);
  assert.deepEqual(
    run('States.MathRandom(0, 999, 3)'),
    run('States.MathRandom(0, 999, 3)', () => 0.9),
  );
  assert.deepEqual(
    run('States.MathRandom(0, 10)', () => 0.99),
    { ok: true, value: 9 },
  );
});

test('a UUID is of version 4 and drawn from what is given', () => {
  const made = run('States.UUID()', Math.random);
  assert.match(
    made.ok ? String(made.value) : '',
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});
