import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ANY_REGION_RESOURCE, runAwsTask } from './aws-task.ts';

function run(resource: string, input: unknown, endpoint = 'http://127.0.0.1:9', regions: string[] = []) {
  return runAwsTask({
    resource,
    input: JSON.stringify(input),
    region: 'eu-west-1',
    placeOf: (region) => {
      regions.push(region);
      return { region, endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
    },
    idempotencyKey: 'k',
    signal: new AbortController().signal,
  });
}

test('an aws-sdk task stays in the region of its state machine, the other one goes where it says', async (t) => {
  const scopes: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    scopes.push(/Credential=a\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1]);
    response.setHeader('content-type', 'application/x-amz-json-1.1').end('{"Parameter":{"Value":"v"}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const regions: string[] = [];
  const here = await run('arn:aws:states:::aws-sdk:ssm:getParameter', { Name: '/x' }, url, regions);
  const input = { Region: 'us-east-1', Service: 'ssm', Action: 'getParameter', Parameters: { Name: '/x' } };
  const there = await run(ANY_REGION_RESOURCE, input, url, regions);
  assert.deepEqual(here, { ok: true, output: { Parameter: { Value: 'v' } } });
  assert.deepEqual(there, here);
  assert.deepEqual(regions, ['eu-west-1', 'us-east-1']);
  assert.deepEqual(scopes, regions);
});

test('another resource is none of its business', async () => {
  for (const resource of ['arn:aws:states:::http:invoke', 'arn:aws:states:::kintsugi:aws-sdk2', 'aws-sdk:ec2:x', '']) {
    assert.equal(await run(resource, {}), null);
  }
});

test('arguments that name no place or no action are refused before anything is sent', async () => {
  const good = { Region: 'us-east-1', Service: 'ssm', Action: 'getParameter' };
  const cases: unknown[] = [
    null,
    [],
    'text',
    {},
    { ...good, Region: 'evil.example/' },
    { ...good, Region: 'us-east-1.evil.example' },
    { ...good, Region: 1 },
    { ...good, Service: 1 },
    { ...good, Service: 'constructor' },
    { ...good, Action: '../x' },
    { ...good, Action: ['getParameter'] },
    { ...good, Endpoint: 'http://evil.example' },
    { ...good, Parameters: 'text' },
  ];
  for (const input of cases) {
    const outcome = await run(ANY_REGION_RESOURCE, input);
    assert.ok(outcome !== null && !outcome.ok, JSON.stringify(input));
    assert.equal(outcome.error, 'States.Runtime', JSON.stringify(input));
  }
});
