import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type AwsCall, callAws, hasAction } from './call-aws.ts';

/** An endpoint that answers what a test says and keeps what it was asked. */
let server: Server;
let answer = { status: 200, body: '{}', headers: {} as Record<string, string> };
const asked: { target: string | undefined; body: string; authorization: string | undefined }[] = [];

before(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { 'x-amz-target': target, authorization } = request.headers;
      asked.push({ target: target as string | undefined, body, authorization });
      response.writeHead(answer.status, { 'x-amzn-requestid': 'r-1', ...answer.headers }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
after(() => server.close());

function call(service: string, action: string, parameters: AwsCall['parameters'], key = 'key') {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  const place = { region: 'eu-west-1', endpoint, credentials };
  const { signal } = new AbortController();
  return callAws({ service, action, parameters, idempotencyKey: key, place, signal });
}

test('a call of a JSON service is signed, and members are spelt as Step Functions spells them', async () => {
  answer = { status: 200, body: JSON.stringify({ activityArn: 'arn:x', creationDate: 1_700_000_000 }), headers: {} };
  const outcome = await call('sfn', 'createActivity', { Name: 'a', Tags: [{ Key: 'k', Value: 'v' }] });
  assert.deepEqual(outcome, {
    ok: true,
    output: { ActivityArn: 'arn:x', CreationDate: '2023-11-14T22:13:20.000Z' },
  });
  const last = asked.at(-1);
  assert.equal(last?.target, 'AWSStepFunctions.CreateActivity');
  assert.deepEqual(JSON.parse(last?.body ?? ''), { name: 'a', tags: [{ key: 'k', value: 'v' }] });
  assert.match(last?.authorization ?? '', /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//);
});

test('the same task asked again is the same call: its token follows from the idempotency key', async () => {
  const xml =
    '<RunInstancesResponse><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></RunInstancesResponse>';
  answer = { status: 200, body: xml, headers: { 'content-type': 'text/xml' } };
  const run = async (key: string, more = {}) => {
    await call('ec2', 'runInstances', { ImageId: 'ami-1', MinCount: 1, MaxCount: 1, ...more }, key);
    return new URLSearchParams(asked.at(-1)?.body).get('ClientToken');
  };
  const first = await run('execution-1 state A');
  assert.match(first ?? '', /^[0-9a-f-]{36}$/);
  assert.equal(await run('execution-1 state A'), first);
  assert.notEqual(await run('execution-2 state A'), first);
  assert.equal(await run('execution-2 state A', { ClientToken: 'mine' }), 'mine');
  const outcome = await call('ec2', 'runInstances', { ImageId: 'ami-1', MinCount: 1, MaxCount: 1 });
  assert.deepEqual(outcome, { ok: true, output: { Instances: [{ InstanceId: 'i-1' }] } });
});

test('errors have the names by which Step Functions catches them', async () => {
  answer = { status: 400, body: JSON.stringify({ __type: 'ParameterNotFound', message: 'none' }), headers: {} };
  const modelled = await call('ssm', 'getParameter', { Name: '/x' });
  assert.ok(!modelled.ok);
  assert.equal(modelled.error, 'Ssm.ParameterNotFoundException');
  assert.match(modelled.cause, /^none \(Service: Ssm, Status Code: 400, Request ID: r-1\)$/);
  const body =
    '<Response><Errors><Error><Code>InvalidAMIID.NotFound</Code><Message>no ami</Message></Error></Errors><RequestID>q</RequestID></Response>';
  answer = { status: 400, body, headers: { 'content-type': 'text/xml' } };
  const generic = await call('ec2', 'describeImages', { ImageIds: ['ami-0'] });
  assert.ok(!generic.ok);
  assert.equal(generic.error, 'Ec2.Ec2Exception');
  assert.match(generic.cause, /InvalidAMIID\.NotFound: no ami/);
});

test('what cannot be a call is refused before anything is sent', async () => {
  const sent = asked.length;
  const cases: [string, string, AwsCall['parameters']][] = [
    ['ec2', 'fly', {}],
    ['nosuch', 'runInstances', {}],
    ['constructor', 'toString', {}],
    ['ec2', '../x', {}],
    ['ec2', 'runInstances', { Instances: 1 }],
    ['ec2', 'runInstances', { MinCount: 'one' }],
    ['ec2', 'runInstances', 'text'],
    ['ec2', 'describeImages', { ImageIds: 'ami-1' }],
  ];
  for (const [service, action, parameters] of cases) {
    const outcome = await call(service, action, parameters);
    assert.ok(!outcome.ok, action);
    assert.equal(outcome.error, 'States.Runtime', action);
  }
  assert.equal(asked.length, sent);
  assert.equal(await hasAction('autoscaling', 'startInstanceRefresh'), true);
  assert.equal(await hasAction('autoscaling', 'startInstanceRefreshX'), false);
});

test('an endpoint that is not there is an error of the client', async () => {
  const place = {
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:9',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  const { signal } = new AbortController();
  const outcome = await callAws({
    service: 'ssm',
    action: 'getParameter',
    parameters: { Name: '/x' },
    idempotencyKey: 'k',
    place,
    signal,
  });
  assert.ok(!outcome.ok);
  assert.equal(outcome.error, 'Ssm.SdkClientException');
});

test('an action that answers nothing has an empty output', async () => {
  answer = { status: 200, body: '<CreateTagsResponse/>', headers: { 'content-type': 'text/xml' } };
  const outcome = await call('ec2', 'createTags', { Resources: ['i-1'], Tags: [{ Key: 'k', Value: 'v' }] });
  assert.deepEqual(outcome, { ok: true, output: {} });
});
