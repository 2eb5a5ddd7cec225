import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type TestDatabase, testDatabase } from '../../../../test/database.ts';
import { fakeCall, invoke } from '../../../../test/fake-call.ts';
import { hasMoto, type Moto, startMoto } from '../../../../test/moto.ts';
import { openObjects } from '../../../clouds/aws/s3-objects.ts';
import { Bell } from '../../../store/bell.ts';
import { ExecutionEngine } from '../engine.ts';
import { executionOperations } from '../operations.ts';
import { startExecution } from '../start.ts';
import { textOf } from './object-items.ts';
import { mapRunTaskRunner } from './task-runner.ts';

const skip = hasMoto() ? false : 'moto_server is not on this machine';
const ACCOUNT = '111111111111';
const ARN = `arn:aws:states:us-east-1:${ACCOUNT}`;
let moto: Moto;
let store: TestDatabase;
let bell: Bell;
let engine: ExecutionEngine;

before(async () => {
  if (skip !== false) return;
  moto = await startMoto();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: moto.url,
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  store = await testDatabase();
  bell = await Bell.open(store.pool);
  const objects = (region: string) => openObjects(region, { hasPaths: true });
  engine = new ExecutionEngine({
    db: store.db,
    bell,
    findTaskRunner: (resource) =>
      mapRunTaskRunner(store.db, objects, resource) ?? {
        run: async (input) => {
          if (JSON.stringify(input).includes('break')) throw new Error('broken on purpose');
          return input;
        },
      },
    now: () => new Date(),
    onError: (error) => assert.fail(String(error)),
    beatMs: 50,
  });
  await put('data');
  await put('data/list.json', '{"nodes":["a","b","c"],"none":{}}');
  await put('data/nodes.csv', 'Node,Group\ni-1,web\ni-2,db\n');
  await put('data/lines.jsonl', '{"n":1}\n{"n":2}\n{"break":3}\n');
  await put('data/broken.json', 'not JSON');
  await put('data/quote.csv', 'a\n"never');
  await put('data/files/1.csv.gz', gzipSync('"data","one","5"\n"data","two","7"\n'));
  const inventory = { destinationBucket: 'arn:aws:s3:::data', fileFormat: 'CSV', fileSchema: 'Bucket, Key, Size' };
  await put('data/manifest.json', JSON.stringify({ ...inventory, files: [{ key: 'files/1.csv.gz' }] }));
  await put('data/millions.json', `[${'1,'.repeat(9_999_999)}1]`);
});
after(async () => {
  if (skip !== false) return;
  await engine.stop();
  bell.close();
  await store.dispose();
  await moto.end();
});

async function put(path: string, body: string | Uint8Array = ''): Promise<void> {
  const { ok } = await fetch(`${moto.url}/${path}`, { method: 'PUT', body });
  assert.ok(ok, path);
}
const get = (path: string): Promise<string> => {
  const [bucket = '', ...key] = path.split('/');
  const place = { bucket, key: key.join('/'), versionId: null };
  return textOf(openObjects('us-east-1', { hasPaths: true }).read(place, AbortSignal.timeout(60_000)));
};

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
function call(operation: string, input: object): Promise<any> {
  const operations = executionOperations({ bell, random: Math.random, flush: async () => {} });
  return invoke(operations, operation, fakeCall(store.db, { account: ACCOUNT }), input);
}

const reader = (Key: string, ReaderConfig: object) => ({
  ItemReader: { Resource: 'arn:aws:states:::s3:getObject', ReaderConfig, Parameters: { 'Bucket.$': '$.bucket', Key } },
});

// biome-ignore lint/suspicious/noExplicitAny: as above.
async function run(more: object, bucket: unknown = 'data'): Promise<any> {
  const processor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'Do',
    States: { Do: { Type: 'Task', Resource: 'kintsugi:echo', End: true } },
  };
  const state = { Type: 'Map', Label: 'Rows', ItemProcessor: processor, End: true, ...more };
  const definition = JSON.stringify({ StartAt: 'Each', States: { Each: state } });
  const stateMachine = { arn: `${ARN}:stateMachine:fleet`, name: 'fleet', roleArn: 'role', definition };
  const where = { account: ACCOUNT, region: 'us-east-1', now: new Date() };
  const { executionArn } = await store.db.transaction((db) =>
    startExecution({ ...where, db }, { stateMachine, input: JSON.stringify({ bucket }) }),
  );
  for (;;) {
    const told = await call('DescribeExecution', { executionArn });
    if (told.status !== 'RUNNING') return told;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const types = async (executionArn: string) =>
  (await call('GetExecutionHistory', { executionArn })).events.map(({ type }: { type: string }) => type);
const outputOf = async (more: object) => {
  const told = await run(more);
  assert.equal(told.status, 'SUCCEEDED', told.cause);
  return JSON.parse(told.output);
};

test('items are read from objects of S3 in every format', { skip }, async () => {
  const json = { InputType: 'JSON', ItemsPointer: '/nodes' };
  assert.deepEqual(await outputOf(reader('list.json', json)), ['a', 'b', 'c']);
  assert.deepEqual(await outputOf(reader('list.json', { ...json, MaxItems: 2 })), ['a', 'b']);
  const csv = reader('nodes.csv', { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' });
  const select = { ItemSelector: { 'id.$': '$$.Map.Item.Value.Node', 'from.$': '$.bucket' } };
  assert.deepEqual(await outputOf({ ...csv, ...select }), [
    { id: 'i-1', from: 'data' },
    { id: 'i-2', from: 'data' },
  ]);
  assert.deepEqual(await outputOf({ ...csv, ItemBatcher: { MaxItemsPerBatch: 2 } }), [
    {
      Items: [
        { Node: 'i-1', Group: 'web' },
        { Node: 'i-2', Group: 'db' },
      ],
    },
  ]);
  const lines = reader('lines.jsonl', { InputType: 'JSONL', MaxItems: 2 });
  assert.deepEqual(await outputOf(lines), [{ n: 1 }, { n: 2 }]);
  assert.deepEqual(await outputOf(reader('manifest.json', { InputType: 'MANIFEST' })), [
    { Bucket: 'data', Key: 'one', Size: '5' },
    { Bucket: 'data', Key: 'two', Size: '7' },
  ]);
  const listing = { Resource: 'arn:aws:states:::s3:listObjectsV2', Parameters: { Bucket: 'data', Prefix: 'l' } };
  const listed = await outputOf({ ItemReader: listing });
  assert.deepEqual(
    listed.map(({ Key, Size }: { Key: string; Size: number }) => [Key, Size]),
    [
      ['lines.jsonl', 28],
      ['list.json', 33],
    ],
  );
  assert.ok(Number.isInteger(listed[0].LastModified) && listed[0].Etag.startsWith('"'));
});

test('a dataset that cannot be read fails its Map by the name that AWS has for it', { skip }, async () => {
  const json = { InputType: 'JSON' };
  const csv = { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' };
  for (const [more, says] of [
    [reader('list.json', { ...json, ItemsPointer: '/none' }), /^Attempting to map over non-iterable node\.$/],
    [reader('broken.json', json), /no JSON/],
    [reader('quote.csv', csv), /no CSV/],
    [reader('absent.json', json), /key does not exist.*Status Code: 404/],
    [reader('millions.json', json), /more than 100000 items; MaxItems limits them/],
    [reader('list.json', { InputType: 'MANIFEST' }), /no manifest/],
  ] as const) {
    const told = await run(more);
    assert.deepEqual([told.status, told.error], ['FAILED', 'States.ItemReaderFailed'], told.cause);
    assert.match(told.cause, says);
    const failed = ['MapStateStarted', 'MapRunStarted', 'MapRunFailed', 'MapStateFailed', 'ExecutionFailed'];
    assert.deepEqual(await types(told.executionArn), ['ExecutionStarted', 'MapStateEntered', ...failed]);
  }
  const gone = await run(reader('list.json', json), 'no-such-bucket');
  assert.deepEqual(gone.error, 'States.ItemReaderFailed');
  assert.match(gone.cause, /bucket does not exist/);
  assert.deepEqual((await run(reader('list.json', json), 5)).error, 'States.Runtime');
});

test('results are exported with a manifest, those that failed apart', { skip }, async () => {
  await put('results');
  const writer = {
    Resource: 'arn:aws:states:::s3:putObject',
    Parameters: { Bucket: 'results', Prefix: 'fleet/nightly' },
  };
  const source = reader('lines.jsonl', { InputType: 'JSONL' });
  const output = await outputOf({ ...source, ToleratedFailureCount: 1, ResultWriter: writer });
  const uuid = output.MapRunArn.split(':').at(-1);
  assert.deepEqual(output.ResultWriterDetails, { Bucket: 'results', Key: `fleet/nightly/${uuid}/manifest.json` });
  const manifest = JSON.parse(await get(`results/${output.ResultWriterDetails.Key}`));
  assert.deepEqual([manifest.DestinationBucket, manifest.MapRunArn], ['results', output.MapRunArn]);
  const { SUCCEEDED, FAILED, PENDING } = manifest.ResultFiles;
  assert.deepEqual([SUCCEEDED.length, FAILED.length, PENDING.length], [1, 1, 0]);
  const text = await get(`results/${SUCCEEDED[0].Key}`);
  assert.equal(Buffer.byteLength(text), SUCCEEDED[0].Size);
  const done = JSON.parse(text);
  assert.deepEqual(
    done.map(({ Output }: { Output: string }) => Output),
    ['{"n":1}', '{"n":2}'],
  );
  assert.equal(done[0].RedriveStatusReason, 'Execution is SUCCEEDED and cannot be redriven');
  const [failed] = JSON.parse(await get(`results/${FAILED[0].Key}`));
  assert.deepEqual([failed.Status, failed.Error, failed.Cause], ['FAILED', 'States.TaskFailed', 'broken on purpose']);
  const counts = (await call('DescribeMapRun', { mapRunArn: output.MapRunArn })).itemCounts;
  assert.deepEqual([counts.resultsWritten, counts.failed, counts.succeeded], [3, 1, 2]);
});

test('a run that fails exports what came of it, and what never began', { skip }, async () => {
  await put('failures');
  const writer = {
    Resource: 'arn:aws:states:::s3:putObject',
    Parameters: { Bucket: 'failures' },
    WriterConfig: { OutputType: 'JSONL', Transformation: 'COMPACT' },
  };
  const items = { ItemReader: undefined, ItemsPath: '$.bucket', ItemSelector: { 'v.$': '$$.Map.Item.Value' } };
  const told = await run({ ...items, MaxConcurrency: 1, ResultWriter: writer }, ['break', 'b', 'c']);
  assert.deepEqual([told.status, told.error], ['FAILED', 'States.ExceedToleratedFailureThreshold']);
  const { mapRuns } = await call('ListMapRuns', { executionArn: told.executionArn });
  const folder = `failures/${mapRuns[0].mapRunArn.split(':').at(-1)}`;
  const { ResultFiles } = JSON.parse(await get(`${folder}/manifest.json`));
  const pending = (await get(`failures/${ResultFiles.PENDING[0].Key}`)).trim().split('\n');
  assert.deepEqual(
    pending.map((line) => JSON.parse(JSON.parse(line).Input).v),
    ['b', 'c'],
  );
  assert.match(ResultFiles.FAILED[0].Key, /FAILED_0\.jsonl$/);
});

test('results that cannot be written fail the Map, and a redrive writes them without running anything again', {
  skip,
}, async () => {
  const writer = { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'later' } };
  const told = await run({
    ...reader('nodes.csv', { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' }),
    ResultWriter: writer,
  });
  assert.deepEqual([told.status, told.error], ['FAILED', 'States.ResultWriterFailed'], told.cause);
  assert.match(told.cause, /bucket does not exist/);
  const { executionArn } = told;
  const { mapRuns } = await call('ListMapRuns', { executionArn });
  const { mapRunArn } = mapRuns[0];
  const before = await call('ListExecutions', { mapRunArn });
  await put('later');
  await call('RedriveExecution', { executionArn });
  for (let status = 'RUNNING'; status === 'RUNNING'; )
    status = (await call('DescribeExecution', { executionArn })).status;
  assert.equal((await call('DescribeExecution', { executionArn })).status, 'SUCCEEDED');
  assert.deepEqual(await call('ListExecutions', { mapRunArn }), before);
});

test('a writer without a bucket says how the output looks', { skip }, async () => {
  const items = { ItemsPath: '$.bucket' };
  const told = async (Transformation: string) =>
    JSON.parse((await run({ ...items, ResultWriter: { WriterConfig: { Transformation } } }, [[1, 2], 3])).output);
  assert.deepEqual(await told('FLATTEN'), [1, 2, 3]);
  assert.deepEqual(await told('COMPACT'), [[1, 2], 3]);
  assert.deepEqual(
    (await told('NONE')).map(({ Status, Output }: Record<string, string>) => [Status, Output]),
    [
      ['SUCCEEDED', '[1,2]'],
      ['SUCCEEDED', '3'],
    ],
  );
});
