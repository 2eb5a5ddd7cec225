import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../json.ts';
import type { JsonataOptions } from '../types.ts';
import { checkJsonata, evaluateJsonata } from './evaluate.ts';

const scope = {
  input: { a: 1, list: [1], text: 'a1b22' },
  context: { Execution: { Id: 'e' } },
  variables: { v: { x: 2 }, states: 'ours' },
  result: { r: 3 },
};

function run(value: Json, options: Partial<JsonataOptions> = {}) {
  const now = new Date('2026-03-01T10:00:00.000Z');
  return evaluateJsonata(value, scope, { field: 'Output', random: () => 0.5, now, ...options });
}

const VALUES: readonly (readonly [string, Json])[] = [
  ['$states.input.a + $v.x', 3],
  ['$states.result.r', 3],
  ['$states.context.Execution.Id', 'e'],
  ['$states.input.list', [1]],
  ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
  ['$range(0, 10, 5)', [0, 5, 10]],
  ["$hash('input data', 'MD5')", '812f45842bc6d66ee14572ce20db8e86'],
  ['$parse(\'{"a": [1]}\')', { a: [1] }],
  ['$random() = 0.5', true],
  ['$random(7) = $random(7) and $random(7) != $random(8)', true],
  ['$millis()', 1772359200000],
  ['$now()', '2026-03-01T10:00:00.000Z'],
  ["$now('[Y]/[M]')", '2026/3'],
  ['$match($states.input.text, /[0-9]+/).match', ['1', '22']],
  ["$replace($states.input.text, /([a-z])([0-9]+)/, '$2$1')", '1a22b'],
  ["$split('a, b;c', /[,;] */)", ['a', 'b', 'c']],
  ["$pad('x', -3, '.')", '..x'],
  ['$sort($shuffle([3,1,2]))', [1, 2, 3]],
  ['$exists($eval)', false],
  ['{"a": 1}.b ? 1 : null', null],
];

for (const [text, value] of VALUES) {
  test(`${text} has a value`, async () => assert.deepEqual(await run(`{% ${text} %}`), { ok: true, value }));
}

test('only whole strings between the marks are expressions', async () => {
  const value = { a: ['{%1+1%}', ' {% 1 %}', '{% 1 %} '], b: { c: 'x', d: null } };
  assert.deepEqual(await run(value), { ok: true, value: { a: [2, ' {% 1 %}', '{% 1 %} '], b: { c: 'x', d: null } } });
});

test('a failure names the expression and the place of it', async () => {
  const made = await run({ a: { 'b c': ['x', '{% $nope %}'] } }, { field: 'Arguments' });
  const location = 'Arguments/a/b c[1]';
  const cause = `The JSONata expression '$nope' specified for the field '${location}' returned nothing (undefined).`;
  assert.deepEqual(made, { ok: false, error: 'States.QueryEvaluationError', cause, location });
  const eval_ = await run("{% $eval('1') %}");
  assert.match(
    eval_.ok ? '' : eval_.cause,
    /threw an error during evaluation\. T1006: Attempted to invoke a non-function$/,
  );
});

test('what must be of a type is checked, with the type and the value in the text', async () => {
  const made = await run('{% $states.input.a %}', { field: 'Items', expected: 'array' });
  const cause =
    "The JSONata expression '$states.input.a' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'number' for value: 1";
  assert.deepEqual(made, { ok: false, error: 'States.QueryEvaluationError', cause, location: 'Items' });
  assert.equal((await run('{% [1] %}', { expected: 'array' })).ok, true);
  assert.equal((await run('{% 1.5 %}', { expected: 'integer' })).ok, false);
});

test('evaluations at the same time do not meet', async () => {
  const runs = Array.from({ length: 50 }, (_, at) =>
    run('{% $sum([1..100].($ * $v.x)) + $millis() %}', { now: new Date(at) }),
  );
  assert.deepEqual(
    await Promise.all(runs),
    Array.from({ length: 50 }, (_, at) => ({ ok: true, value: 10_100 + at })),
  );
});

test('what cannot be parsed is told when it is checked, and only that', () => {
  for (const text of ['{% 1 + %}', '{% ( %}', '{% /x %}', '{%%}']) assert.ok(checkJsonata(text), text);
  for (const text of ['{% $a %}', 'plain', '{% 1', '']) assert.equal(checkJsonata(text), null, text);
});
