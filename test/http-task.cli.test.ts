import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { readAllowedEndpoint } from '../src/clouds/web/http-task/allowed-endpoints.ts';
import { hasAwsCli } from './server.ts';
import { stepFunctionsOf } from './step-functions-cli.ts';
import { startWholeServer } from './whole-server.ts';

const SECRET = 'tok-5ecret-of-the-hook';

test('an execution calls a webhook with the credentials of a parameter, and its history has none of them', async (t) => {
  if (!hasAwsCli()) return t.skip('there is no AWS CLI on this machine');
  const seen: (string | undefined)[] = [];
  const hook = createServer((request, response) => {
    seen.push(request.headers['x-key'] as string | undefined);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ key: request.headers['x-key'] ?? null, url: request.url }));
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  t.after(() => hook.close());
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
  const allowed = [`${url}/hooks/`].map(readAllowedEndpoint).filter((one) => typeof one !== 'string');
  const fleet = await startWholeServer({ httpTasks: { allowed } });
  t.after(fleet.dispose);
  const sfn = stepFunctionsOf(fleet);
  const value = JSON.stringify({ ApiKeyAuthParameters: { ApiKeyName: 'X-Key', ApiKeyValue: SECRET } });
  await fleet.ssm('put-parameter', '--name', '/hooks/chat', '--type', 'SecureString', '--value', value);
  await fleet.ssm('put-parameter', '--name', '/hooks/open', '--type', 'String', '--value', value);
  const arnOf = (name: string) => `arn:aws:ssm:eu-central-1:000000000000:parameter${name}`;
  const definition = {
    QueryLanguage: 'JSONata',
    StartAt: 'Call',
    States: {
      Call: {
        Type: 'Task',
        Resource: 'arn:aws:states:::http:invoke',
        Arguments: {
          ApiEndpoint: '{% $states.input.url %}',
          Method: 'POST',
          RequestBody: { text: 'patched' },
          InvocationConfig: { ConnectionArn: '{% $states.input.connection %}' },
        },
        End: true,
      },
    },
  };
  const role = ['--role-arn', 'arn:aws:iam::000000000000:role/flow'];
  const made = ['--name', 'hook', ...role, '--definition', JSON.stringify(definition)];
  const { stateMachineArn } = await sfn('create-state-machine', ...made);
  const run = async (input: object) => {
    const asked = ['--state-machine-arn', stateMachineArn, '--input', JSON.stringify(input)];
    const { executionArn } = await sfn('start-execution', ...asked);
    for (;;) {
      const described = await sfn('describe-execution', '--execution-arn', executionArn);
      if (described.status !== 'RUNNING') return described;
    }
  };

  const told = await run({ url: `${url}/hooks/chat`, connection: arnOf('/hooks/chat') });
  assert.equal(told.status, 'SUCCEEDED', JSON.stringify(told));
  assert.deepEqual(JSON.parse(told.output).ResponseBody, { key: '********', url: '/hooks/chat' });
  assert.deepEqual(seen, [SECRET]);
  const history = await sfn('get-execution-history', '--execution-arn', told.executionArn);
  assert.doesNotMatch(JSON.stringify(history), /5ecret/);

  const failed = async (input: object) => {
    const { status, error, cause } = await run(input);
    assert.equal(status, 'FAILED');
    assert.doesNotMatch(cause, /5ecret/);
    return { error, cause };
  };
  const elsewhere = await failed({ url: `${url}/admin`, connection: arnOf('/hooks/chat') });
  assert.equal(elsewhere.error, 'States.Permissions');
  assert.match(elsewhere.cause, /--allow-http-task/);
  const plain = await failed({ url: `${url}/hooks/`, connection: arnOf('/hooks/open') });
  assert.equal(plain.error, 'Events.ConnectionResource.InvalidConnectionState');
  const none = await failed({ url: `${url}/hooks/`, connection: arnOf('/hooks/none') });
  assert.equal(none.error, 'Events.ConnectionResource.ResourceNotFound');
  const events = 'arn:aws:events:eu-central-1:000000000000:connection/a/b';
  const ofEvents = await failed({ url: `${url}/hooks/`, connection: events });
  assert.equal(ofEvents.error, 'Events.ConnectionResource.ResourceNotFound');
  assert.match(ofEvents.cause, /SecureString/);
  assert.equal(seen.length, 1);
  assert.deepEqual(fleet.faults, []);
});
