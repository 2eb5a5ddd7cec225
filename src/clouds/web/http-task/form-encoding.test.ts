import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../../core/states-language/json.ts';
import { ARRAY_FORMATS, formEncoded } from './form-encoding.ts';

const read = (text: string): [string, string][] => [...new URLSearchParams(text)];

test('arrays are written in the four ways of Step Functions', () => {
  const value = { array: ['a', 'b'], metadata: { order_details: 'monthly report' } };
  const rest: [string, string] = ['metadata[order_details]', 'monthly report'];
  assert.deepEqual(read(formEncoded(value, 'INDICES')), [['array[0]', 'a'], ['array[1]', 'b'], rest]);
  assert.deepEqual(read(formEncoded(value, 'REPEAT')), [['array', 'a'], ['array', 'b'], rest]);
  assert.deepEqual(read(formEncoded(value, 'BRACKETS')), [['array[]', 'a'], ['array[]', 'b'], rest]);
  assert.deepEqual(read(formEncoded(value, 'COMMAS')), [['array', 'a,b'], rest]);
  assert.equal(
    formEncoded({ metadata: { order_details: 'monthly report' } }, 'INDICES'),
    'metadata%5Border_details%5D=monthly%20report',
  );
});

test('names and values come through whole, whatever is in them', () => {
  const flat = fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(fc.string(), fc.integer(), fc.boolean()));
  fc.assert(
    fc.property(flat, fc.constantFrom(...ARRAY_FORMATS), (value, format) => {
      const expected = Object.entries(value).map(([key, one]) => [key.toWellFormed(), String(one).toWellFormed()]);
      assert.deepEqual(read(formEncoded(value, format)), expected);
    }),
  );
});

test('what is too deep, too large or has no form is refused by name', () => {
  let deep: Json = 'x';
  for (let level = 0; level < 200; level += 1) deep = { a: deep };
  assert.throws(() => formEncoded({ deep }, 'INDICES'), { error: 'States.Runtime' });
  assert.throws(() => formEncoded({ a: [{ b: 1 }] }, 'COMMAS'), { error: 'States.Runtime' });
  assert.throws(() => formEncoded({ a: ' '.repeat(400_000) }, 'INDICES'), { error: 'States.DataLimitExceeded' });
});
