import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { readAllowedEndpoint } from '../src/clouds/web/http-task/allowed-endpoints.ts';
import { hasAwsCli } from './server.ts';
import { stepFunctionsOf } from './step-functions-cli.ts';
import { startWholeServer } from './whole-server.ts';

const ROLE = ['--role-arn', 'arn:aws:iam::000000000000:role/flow'];
const SECRET = 'tok-5ecret-of-the-hook';

test('aws stepfunctions test-state runs one state, and keeps no execution', async (t) => {
  if (!hasAwsCli()) return t.skip('there is no AWS CLI on this machine');
  const hook = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ authorization: request.headers.authorization ?? null }));
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  t.after(() => hook.close());
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
  const allowed = [url].map(readAllowedEndpoint).filter((one) => typeof one !== 'string');
  const fleet = await startWholeServer({ httpTasks: { allowed } });
  t.after(fleet.dispose);
  const sfn = stepFunctionsOf(fleet);
  const tried = (state: object, ...more: string[]) => sfn('test-state', '--definition', JSON.stringify(state), ...more);
  const auth = { BasicAuthParameters: { Username: 'patcher', Password: SECRET } };
  const basic = Buffer.from(`patcher:${SECRET}`).toString('base64');
  const put = ['--type', 'SecureString', '--value', JSON.stringify(auth)];
  await fleet.ssm('put-parameter', '--name', '/hooks/chat', ...put);

  const parameter = {
    Type: 'Task',
    Resource: 'arn:aws:states:::aws-sdk:ssm:getParameter',
    Parameters: { 'Name.$': '$.name' },
    ResultSelector: { 'type.$': '$.Parameter.Type' },
    Retry: [{ ErrorEquals: ['Ssm.ParameterNotFoundException'], IntervalSeconds: 7 }],
    Next: 'Then',
  };
  const found = await tried(parameter, ...ROLE, '--input', '{"name": "/hooks/chat"}', '--inspection-level', 'DEBUG');
  assert.deepEqual([found.status, found.output, found.nextState], ['SUCCEEDED', '{"type":"SecureString"}', 'Then']);
  assert.equal(found.inspectionData.afterParameters, '{"Name":"/hooks/chat"}');
  const missing = await tried(parameter, ...ROLE, '--input', '{"name": "/none"}', '--inspection-level', 'DEBUG');
  assert.deepEqual([missing.status, missing.error], ['RETRIABLE', 'Ssm.ParameterNotFoundException']);
  assert.deepEqual(missing.inspectionData.errorDetails, { retryIndex: 0, retryBackoffIntervalSeconds: 7 });

  const call = {
    Type: 'Task',
    Resource: 'arn:aws:states:::http:invoke',
    Parameters: {
      ApiEndpoint: `${url}/x`,
      Method: 'GET',
      Authentication: { ConnectionArn: 'arn:aws:ssm:eu-central-1:000000000000:parameter/hooks/chat' },
    },
    End: true,
  };
  const traced = await tried(call, ...ROLE, '--inspection-level', 'TRACE');
  assert.equal(traced.status, 'SUCCEEDED', JSON.stringify(traced));
  assert.match(
    traced.inspectionData.request.headers,
    /^\[Authorization: \*{8}, User-Agent: .*, Range: bytes=0-262144\]$/,
  );
  assert.deepEqual([traced.inspectionData.response.statusCode, traced.inspectionData.request.url], ['200', `${url}/x`]);
  assert.ok(!JSON.stringify(traced).includes(basic));
  const revealed = await tried(call, ...ROLE, '--inspection-level', 'TRACE', '--reveal-secrets');
  assert.ok(revealed.inspectionData.request.headers.includes(`Authorization: Basic ${basic}`));
  assert.ok(!revealed.output.includes(basic), 'what goes on to other states still has none');

  const mocked = await tried({ Type: 'Parallel', Branches: [inner], End: true }, '--mock', '{"result":"[1]"}');
  assert.equal(mocked.output, '[1]');
  await assert.rejects(tried({ Type: 'Parallel', Branches: [inner], End: true }, ...ROLE), /ValidationException/);
  await assert.rejects(tried({ Type: 'Jump' }, ...ROLE), /InvalidDefinition/);

  const { rows } = await fleet.server.store.pool.query('SELECT FROM execution');
  assert.equal(rows.length, 0);
  const audited = await fleet.server.store.pool.query(
    "SELECT result, input::text FROM audit_entry WHERE operation = 'TestState'",
  );
  assert.ok(audited.rows.some(({ result }) => result === 'begun'));
  assert.ok(audited.rows.some(({ result }) => result === 'ValidationException'));
  for (const { input } of audited.rows) assert.doesNotMatch(input, /5ecret|hooks/);
  assert.deepEqual(fleet.faults, []);
});

const inner = { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } };
