import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../json.ts';
import { evaluateChoice } from './choice/evaluate.ts';
import { evaluateJsonata } from './jsonata/evaluate.ts';
import { placeAt } from './result-path.ts';
import { evaluateStringExpression } from './string-expression.ts';
import { evaluateTemplate } from './template.ts';
import type { Evaluated, Scope } from './types.ts';

const random = (): number => 0.5;
const now = new Date('2026-01-01T00:00:00Z');

function scopeOf(input: Json): Scope {
  return { input, context: {}, variables: {} };
}

function jsonata(expression: string, input: Json = {}): Promise<Evaluated> {
  return evaluateJsonata(`{% ${expression} %}`, scopeOf(input), { field: 'Output', random, now });
}

function nested(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** JSONata that never ends, that eats all memory or that would hang in one step. */
const HOSTILE = [
  '($f := function($x) { $f($x + 1) + 1 }; $f(0))',
  '($f := function($x) { $f($x + 1) }; $f(0))',
  '($f := function($x) { $f($append($x, $x)) }; $f([1]))',
  '[1..10000000]',
  '[1..1000].[1..1000]',
  '$range(1, 1000000000, 1)',
  '$range(0, 1, 0)',
  "$pad('x', 1000000000)",
  '($f := function($x, $n) { $n = 0 ? $x : $f([$x, $x], $n - 1) }; $f(1, 40))',
  '($f := function($x, $n) { $n = 0 ? $x : $f($x & $x, $n - 1) }; $f("x", 28))',
  "$eval('1+1')",
  'function($x) { $x }',
  '$states.input.a.b.c',
  '1 +',
  '$',
  "$match('aaaa', /(a)\\1/)",
];

for (const expression of HOSTILE) {
  test(`refuses in bounded time: ${expression}`, async () => {
    const made = await jsonata(expression);
    assert.equal(made.ok, false);
    if (made.ok) return;
    assert.equal(made.error, 'States.QueryEvaluationError');
    assert.equal(made.location, 'Output');
    assert.ok(
      made.cause.startsWith(`The JSONata expression '${expression}' specified for the field 'Output' `),
      made.cause,
    );
  });
}

test('a regular expression that backtracks without end in other engines is linear here', async () => {
  const text = `${'a'.repeat(5000)}!`;
  assert.deepEqual(await jsonata('$contains($states.input, /^(a+)+$/)', text), { ok: true, value: false });
  const path = evaluateStringExpression('$.list[?(@.x =~ /^(a+)+$/)]', scopeOf({ list: [{ x: text }] }), random, 'v.$');
  assert.deepEqual(path, { ok: true, value: [] });
  const pattern = `${'*a'.repeat(2000)}b`;
  const rule = { Variable: '$', StringMatches: pattern };
  assert.deepEqual(evaluateChoice(rule, scopeOf(text)), { ok: true, value: false });
});

test('a value that is nested 10,000 deep is passed on, searched, and refused only where it must be written out', async () => {
  const deep = nested(10_000);
  const scope = scopeOf({ deep });
  assert.equal(evaluateTemplate({ 'copy.$': '$.deep' }, scope, random).ok, true);
  assert.equal(evaluateStringExpression('$..a', scope, random, 'v.$').ok, true);
  assert.equal(placeAt('$.x', { deep }, 1).ok, true);
  for (const text of [
    'States.JsonToString($)',
    "States.Format('{}', $)",
    'States.ArrayUnique(States.Array($))',
    '$.none',
  ]) {
    const made = evaluateStringExpression(text, scope, random, 'v.$');
    assert.equal(made.ok === false && made.error, 'States.Runtime', text);
  }
  assert.equal(evaluateTemplate(deep, scope, random).ok, false);
  for (const expression of ['$states.input', '$string($states.input)', '$states.input.**.b']) {
    assert.equal((await jsonata(expression, { deep })).ok, false, expression);
  }
  assert.equal((await evaluateJsonata(deep, scope, { field: 'Output', random, now })).ok, false);
});

test('a path that would meet too much is refused', () => {
  const wide = Array.from({ length: 2000 }, (_, x) => ({ x }));
  for (const path of ['$..[?(@.x in $..x)]', '$.wide[?($..x)]']) {
    const made = evaluateStringExpression(path, scopeOf({ wide }), random, 'v.$');
    assert.match(made.ok ? 'ok' : made.cause, /meets more than/, path);
  }
});

test('a value of a megabyte works in every language', async () => {
  const list = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `package number ${id}` }));
  const scope = scopeOf({ list });
  const found = evaluateStringExpression('$.list[?(@.id >= 19999)].name', scope, random, 'v.$');
  assert.deepEqual(found, { ok: true, value: ['package number 19999'] });
  assert.deepEqual(await jsonata('$count($states.input.list)', { list }), { ok: true, value: 20_000 });
});
