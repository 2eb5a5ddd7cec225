import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasMoto, startMoto } from '../../../test/moto.ts';
import { resourceWarning } from './aws-task.ts';
import { type AwsCall, callAws } from './call-aws.ts';
import type { JsonValue } from './members.ts';

test('services that nobody wrote anything for are called as Step Functions calls them', async (t) => {
  if (!hasMoto()) return t.skip('there is no moto_server on this machine');
  const moto = await startMoto();
  t.after(moto.end);
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const call = (service: string, action: string, parameters: AwsCall['parameters']) => {
    const place = { region: 'us-east-1', endpoint: moto.url, credentials };
    return callAws({ service, action, parameters, idempotencyKey: 'k', place, signal: new AbortController().signal });
  };
  const well = async (...asked: Parameters<typeof call>) => {
    const told = await call(...asked);
    assert.ok(told.ok, JSON.stringify(told));
    return told.output as Readonly<Record<string, JsonValue>>;
  };
  const error = async (...asked: Parameters<typeof call>) => {
    const told = await call(...asked);
    assert.ok(!told.ok, JSON.stringify(told));
    return told.error;
  };

  const { QueueUrl = '' } = await well('sqs', 'createQueue', {
    QueueName: 'patched',
    Attributes: { DelaySeconds: '0' },
  });
  await well('sqs', 'sendMessage', { QueueUrl, MessageBody: 'web-1 is patched' });
  const { Messages = [] } = await well('sqs', 'receiveMessage', { QueueUrl });
  assert.equal((Messages as { Body: string }[])[0]?.Body, 'web-1 is patched');
  assert.equal(await error('sqs', 'getQueueUrl', { QueueName: 'none' }), 'Sqs.QueueDoesNotExistException');

  const { TopicArn = '' } = await well('sns', 'createTopic', { Name: 'patching' });
  assert.match(String((await well('sns', 'publish', { TopicArn, Message: 'done' })).MessageId), /^[0-9a-f-]{36}$/);
  assert.equal(await error('sns', 'publish', { TopicArn: `${TopicArn}-none`, Message: 'x' }), 'Sns.NotFoundException');
  assert.equal(await error('sns', 'publish', { TopicArn, Text: 'x' }), 'States.Runtime');
  assert.equal(await error('sns', 'shout', {}), 'States.Runtime');

  await well('s3', 'createBucket', { Bucket: 'reports' });
  await well('s3', 'putObject', { Bucket: 'reports', Key: 'a.json', Body: { missing: 3 } });
  const read = await well('s3', 'getObject', { Bucket: 'reports', Key: 'a.json' });
  assert.equal(read.Body, '{"missing":3}');
  await well('s3', 'putObject', { Bucket: 'reports', Key: 'large', Body: 'x'.repeat(300_000) });
  assert.equal(await error('s3', 'getObject', { Bucket: 'reports', Key: 'large' }), 'States.DataLimitExceeded');
  assert.equal(await error('s3', 'getObject', { Bucket: 'reports', Key: 'none' }), 'S3.NoSuchKeyException');

  const { Account } = await well('sts', 'getCallerIdentity', {});
  assert.equal(typeof Account, 'string');
  assert.match(JSON.stringify(await well('ecs', 'createCluster', { ClusterName: 'c' })), /"ClusterArn"/);
});

test('a client that is not installed is told with the package to install, before and when the task runs', async () => {
  const place = { region: 'us-east-1', endpoint: 'http://127.0.0.1:1' };
  const signal = new AbortController().signal;
  const told = await callAws({
    service: 'polly',
    action: 'listLexicons',
    parameters: {},
    idempotencyKey: 'k',
    place,
    signal,
  });
  assert.ok(!told.ok);
  assert.match(told.cause, /npm install --save-exact @aws-sdk\/client-polly@3/);
  const warned = (resource: string) => resourceWarning(`arn:aws:states:::aws-sdk:${resource}`);
  assert.match((await warned('polly:listLexicons')) ?? '', /client-polly/);
  assert.match((await warned('sns:shout')) ?? '', /no action 'shout'/);
  assert.match((await warned('nothing:shout')) ?? '', /no service/);
  assert.equal(await warned('sns:publish'), null);
  assert.equal(await resourceWarning('arn:aws:states:::http:invoke'), null);
});
