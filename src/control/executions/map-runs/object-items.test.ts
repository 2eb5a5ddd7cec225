import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../../core/states-language/json.ts';
import { bounded, csvItems, ItemFault, inventoryOf, jsonItems, jsonLines, MOST_BYTES } from './object-items.ts';

async function* bytes(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Of executions that were recorded on AWS: extra fields are left out, missing ones empty, and all are strings. */
test('rows of CSV are objects by their header, as AWS reads them', async () => {
  const options = { headers: null, delimiter: ',' };
  const text = "0,True,{}\nValue4,Value5,Value6\n,,,\ntrue,1,'HelloWorld'\nNull,None,\n   ,\n";
  assert.deepEqual(await all(csvItems(bytes(text), options)), [
    { 0: 'Value4', True: 'Value5', '{}': 'Value6' },
    { 0: '', True: '', '{}': '' },
    { 0: 'true', True: '1', '{}': "'HelloWorld'" },
    { 0: 'Null', True: 'None', '{}': '' },
    { 0: '   ', True: '', '{}': '' },
  ]);
  const given = { headers: ['a', 'b'], delimiter: '|' };
  assert.deepEqual(await all(csvItems(bytes('\uFEFF1|"x|\n""y"""\r\n\r\n2|z|more'), given)), [
    { a: '1', b: 'x|\n"y"' },
    { a: '2', b: 'z' },
  ]);
});

test('what was written as CSV is read the same, wherever it was cut', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', 'ü', ' ') });
  const table = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(table, fc.integer({ min: 1, max: 7 }), async (rows, size) => {
      const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const whole = Buffer.from(rows.map((row) => row.map(quoted).join(',')).join('\n'));
      const parts = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
        whole.subarray(i * size, (i + 1) * size),
      );
      const read = await all(csvItems(bytes(...parts), { headers: ['a', 'b'], delimiter: ',' }));
      assert.deepEqual(
        read,
        rows.map(([a, b]) => ({ a, b })),
      );
    }),
    { numRuns: 50 },
  );
});

test('a quote that never ends is told, and read no further than an item may be long', async () => {
  const options = { headers: null, delimiter: ',' };
  await assert.rejects(all(csvItems(bytes('a,b\n1,"never'), options)), { constructor: ItemFault, message: /no CSV/ });
  let chunks = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a,b\n1,"');
    for (; chunks < 10_000; chunks += 1) yield Buffer.alloc(65_536, 'x');
  }
  await assert.rejects(all(csvItems(endless(), options)), ItemFault);
  assert.ok(chunks < 200, `${chunks} chunks`);
});

test('a JSON document gives its array, or the one that a pointer leads to', async () => {
  assert.deepEqual(await all(jsonItems(bytes('[1,', '{"a":2}]'), null)), [1, { a: 2 }]);
  const nested = '{"a/b":{"":[true]},"c":[[5]]}';
  assert.deepEqual(await all(jsonItems(bytes(nested), '/a~1b/')), [true]);
  assert.deepEqual(await all(jsonItems(bytes(nested), '/c/0')), [5]);
  for (const [text, pointer] of [
    [nested, '/none'],
    ['{}', null],
    ['"text"', null],
    ['[]', '/length'],
    ['null', '/a'],
  ] as const)
    await assert.rejects(all(jsonItems(bytes(text), pointer)), {
      message: 'Attempting to map over non-iterable node.',
    });
  await assert.rejects(all(jsonItems(bytes('[1,'), null)), { constructor: ItemFault, message: /no JSON/ });
  await assert.rejects(all(jsonItems(bytes(Buffer.from([0x80, 0xff])), null)), ItemFault);
});

test('lines of JSON are read wherever they were cut, and the one that is none is named', async () => {
  const values: Json[] = [{ a: 'ü' }, 2, null];
  const whole = Buffer.from(values.map((one) => JSON.stringify(one)).join('\n'));
  for (let cut = 0; cut <= whole.length; cut += 1)
    assert.deepEqual(await all(jsonLines(bytes(whole.subarray(0, cut), whole.subarray(cut)))), values);
  await assert.rejects(all(jsonLines(bytes('{}\n\n{'))), { message: /^Line 3 of the object is no JSON/ });
  await assert.rejects(all(jsonLines(bytes('x'.repeat(300_000)))), { message: /longer than/ });
});

test('no more is read than a dataset may have', async () => {
  const chunk = Buffer.alloc(1024 * 1024);
  let read = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      read += chunk.length;
      yield chunk;
    }
  }
  await assert.rejects(all(bounded(endless())), { constructor: ItemFault, message: /larger than/ });
  assert.ok(read <= MOST_BYTES + 2 * chunk.length);
});

test('a manifest names the files of an inventory, and what is none is refused', () => {
  const manifest = {
    destinationBucket: 'arn:aws:s3:::lists',
    fileFormat: 'CSV',
    fileSchema: 'Bucket, Key, Size',
    files: [{ key: 'data/1.csv.gz', size: 5 }],
  };
  assert.deepEqual(inventoryOf(JSON.stringify(manifest)), {
    bucket: 'lists',
    keys: ['data/1.csv.gz'],
    columns: ['Bucket', 'Key', 'Size'],
  });
  for (const wrong of [
    '',
    '[]',
    'null',
    '{}',
    JSON.stringify({ ...manifest, fileFormat: 'ORC' }),
    JSON.stringify({ ...manifest, files: [{}] }),
  ])
    assert.throws(() => inventoryOf(wrong), ItemFault, wrong);
});
