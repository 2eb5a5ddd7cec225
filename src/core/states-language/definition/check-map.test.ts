import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateDefinition } from './validate.ts';

const GET = 'arn:aws:states:::s3:getObject';
const PUT = 'arn:aws:states:::s3:putObject';
const Parameters = { Bucket: 'b', Key: 'k' };

function told(more: object, mode = 'DISTRIBUTED'): string[] {
  const inner = { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } };
  const processor = { ProcessorConfig: { Mode: mode, ExecutionType: 'STANDARD' }, ...inner };
  const map = { Type: 'Map', ItemProcessor: processor, End: true, ...more };
  const text = JSON.stringify({ StartAt: 'M', States: { M: map } });
  return validateDefinition(text).diagnostics.map(({ location }) => location.replace('/States/M', ''));
}
const read = (ReaderConfig: object, more: object = {}) =>
  told({ ItemReader: { Resource: GET, ReaderConfig, Parameters }, ...more });

test('readers and writers of AWS are taken', () => {
  assert.deepEqual(read({ InputType: 'JSON', ItemsPointer: '/a', MaxItems: 5 }), []);
  assert.deepEqual(read({ InputType: 'JSONL', MaxItemsPath: '$.most' }), []);
  assert.deepEqual(read({ InputType: 'MANIFEST', ManifestType: 'S3_INVENTORY' }), []);
  const csv = { InputType: 'CSV', CSVHeaderLocation: 'GIVEN', CSVHeaders: ['a'], CSVDelimiter: 'TAB' };
  assert.deepEqual(read(csv, { Label: 'Rows' }), []);
  assert.deepEqual(told({ ItemReader: { Resource: 'arn:aws:states:::s3:listObjectsV2', Parameters } }), []);
  const WriterConfig = { OutputType: 'JSONL', Transformation: 'FLATTEN' };
  assert.deepEqual(told({ ResultWriter: { Resource: PUT, Parameters, WriterConfig } }), []);
  assert.deepEqual(told({ ResultWriter: { WriterConfig } }), []);
});

test('what no reader, writer or label can be is refused with its place', () => {
  const config = '/ItemReader/ReaderConfig';
  assert.deepEqual(read({ InputType: 'PARQUET' }), [`${config}/InputType`]);
  assert.deepEqual(read({}), [config]);
  assert.deepEqual(read({ InputType: 'CSV' }), [config]);
  assert.deepEqual(read({ InputType: 'CSV', CSVHeaderLocation: 'GIVEN' }), [`${config}/CSVHeaders`]);
  assert.deepEqual(read({ InputType: 'JSON', MaxItems: -1 }), [`${config}/MaxItems`]);
  assert.deepEqual(read({ InputType: 'JSON', More: 1 }), [`${config}/More`]);
  assert.deepEqual(read({ InputType: 'JSON' }, { ItemsPath: '$.x' }), ['']);
  assert.deepEqual(told({ ItemReader: { Resource: 'x', Parameters } }), ['/ItemReader/Resource', config]);
  assert.deepEqual(told({ ResultWriter: {} }), ['/ResultWriter']);
  assert.deepEqual(told({ ResultWriter: { Resource: PUT } }), ['/ResultWriter']);
  for (const label of ['', 'a b', 'a/b', 'a*', 'x'.repeat(41)])
    assert.deepEqual(told({ Label: label }), ['/Label'], label);
  const inline = told(
    { ItemReader: { Resource: GET, ReaderConfig: { InputType: 'JSON' }, Parameters }, Label: 'a' },
    'INLINE',
  );
  assert.deepEqual(inline, ['/ItemReader', '/Label']);
});
