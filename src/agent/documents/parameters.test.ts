import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parameterValues, substitute } from './parameters.ts';

const values = new Map<string, unknown>([
  ['name', '$& {{ list }}'],
  ['list', ['a', 'b']],
]);

test('A reference becomes the value as it is, a list its JSON inside of text, and the unknown stays', () => {
  assert.equal(substitute('<{{name}}|{{  list }}|{{ none }}>', values), '<$& {{ list }}|["a","b"]|{{ none }}>');
  assert.deepEqual(substitute({ a: ['{{ list }}', 'x'], b: 7 }, values), { a: [['a', 'b'], 'x'], b: 7 });
});

test('What was sent goes before a default, and names that are none are left out', () => {
  const declared = { a: { default: 'x' }, b: { default: ['y'] }, c: { type: 'String' } };
  assert.deepEqual(
    [...parameterValues(declared, { a: '1', 'a.b': '2' })],
    [
      ['a', '1'],
      ['b', ['y']],
    ],
  );
});

test('Without references nothing changes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (input) => {
      fc.pre(!JSON.stringify(input).includes('{{'));
      assert.deepEqual(substitute(input, values), input);
    }),
  );
});
