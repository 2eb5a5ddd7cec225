import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CommandEngine } from '../src/control/run-command/ticker.ts';
import { httpWire } from './agent-wire.ts';
import { type FakeAgent, fakeAgent, type Received } from './fake-agent.ts';
import { startTestServer, type TestServer } from './server.ts';
import { type Credentials, sign } from './sign.ts';

/** Hostile and broken clients of a whole server. Where the same is proved closer to the code: sigv4.test.ts, callers.test.ts. */
const REGION = 'eu-west-1';
const MINUTE_MS = 60_000;

let server: TestServer;
let engine: CommandEngine;
const faults: unknown[] = [];
before(async () => {
  server = await startTestServer();
  const { bell, store } = server;
  const onError = (error: unknown) => faults.push(error);
  engine = new CommandEngine({ db: store.db, bell, now: () => new Date(), findOrchestration: () => null, onError });
});
after(async () => {
  await engine.stop();
  await server.dispose();
  assert.deepEqual(faults, []);
});

const ask = async (operation: string, input: object) => (await server.call('ssm', operation, input)).json;

/** A signed request as it goes over the wire, to be sent once, again, or changed. */
function signed(operation: string, input: object, given: { now?: Date; key?: Credentials } = {}) {
  const body = JSON.stringify(input);
  const headers = {
    host: new URL(server.gateway.url).host,
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `AmazonSSM.${operation}`,
  };
  const options = { service: 'ssm', region: REGION, now: given.now ?? new Date() };
  return { headers: sign({ method: 'POST', url: '/', headers, body }, given.key ?? server.admin, options), body };
}

async function post({ headers, body }: { headers: Record<string, string>; body: string }) {
  const response = await fetch(server.gateway.url, { method: 'POST', headers, body });
  const { __type, message, Message } = JSON.parse((await response.text()) || '{}');
  return { status: response.status, code: __type, message: message ?? Message };
}

async function node(): Promise<FakeAgent> {
  const activation = await ask('CreateActivation', { IamRole: 'r' });
  const agent = await fakeAgent(httpWire(server.gateway.url, REGION), activation);
  await agent.heartbeat();
  return agent;
}

test('a client whose clock is twenty minutes off is told both times, whichever way it is off', async () => {
  for (const off of [-20, 20]) {
    const now = new Date(Date.now() + off * MINUTE_MS);
    const { status, code, message } = await post(signed('DescribePatchBaselines', {}, { now }));
    assert.deepEqual([status, code], [400, 'InvalidSignatureException']);
    assert.match(
      message,
      off < 0 ? /Signature expired: \d{8}T\d{6}Z is now earlier than/ : /Signature not yet current/,
    );
  }
});

test('a signature that is sent again serves the same request alone, and only for minutes, as with AWS', async () => {
  const request = signed('DescribePatchBaselines', {});
  assert.equal((await post(request)).status, 200);
  assert.equal((await post(request)).status, 200);
  const elsewhere = { ...request.headers, 'x-amz-target': 'AmazonSSM.DescribeActivations' };
  const tampered = [
    { ...request, headers: elsewhere },
    { ...request, body: '{"MaxResults":10}' },
    { ...request, headers: { ...request.headers, 'x-amz-date': '20260101T000000Z' } },
    { ...request, headers: { ...request.headers, 'x-amz-security-token': 'x' } },
    { ...request, headers: { ...request.headers, authorization: `${request.headers.authorization?.slice(0, -1)}z` } },
  ];
  for (const one of tampered) {
    const { status, code } = await post(one);
    assert.equal(status, 400);
    assert.match(code, /^(?:InvalidSignature|UnrecognizedClient|IncompleteSignature)Exception$/);
  }
  const old = signed('DescribePatchBaselines', {}, { now: new Date(Date.now() - 6 * MINUTE_MS) });
  assert.equal((await post(old)).code, 'InvalidSignatureException');
});

test('a node speaks for no other node: not in heartbeats, reports, inventories, compliance or replies', async () => {
  const [one, other] = [await node(), await node()];
  const InstanceId = other.instanceId;
  const item = { TypeName: 'AWS:Application', SchemaVersion: '1.1', CaptureTime: '2026-01-01T00:00:00Z', Content: [] };
  const time = { ExecutionTime: 1_767_225_600 };
  const compliance = { ResourceId: InstanceId, ResourceType: 'ManagedInstance', ComplianceType: 'Custom:Fault' };
  const inputs: [string, object][] = [
    ['UpdateInstanceInformation', { InstanceId, AgentVersion: '1', AgentStatus: 'Active' }],
    ['PutInventory', { InstanceId, Items: [item] }],
    ['PutComplianceItems', { ...compliance, ExecutionSummary: time, Items: [] }],
    [
      'GetMessages',
      {
        Destination: InstanceId,
        MessagesRequestId: '00000000-0000-4000-8000-000000000000',
        VisibilityTimeoutInSeconds: 10,
      },
    ],
  ];
  for (const [operation, input] of inputs)
    await assert.rejects(
      one.ask(operation, input),
      /^Error: (?:AccessDenied|InvalidInstanceId|InvalidResourceId)/,
      operation,
    );
  const { Command } = await ask('SendCommand', {
    DocumentName: 'AWS-RunShellScript',
    InstanceIds: [InstanceId],
    Parameters: { commands: ['true'] },
  });
  const forged = `aws.ssm.${Command.CommandId}.${InstanceId}`;
  const payload = { documentStatus: 'Success', runtimeStatus: {}, additionalInfo: {} };
  const reply = {
    MessageId: forged,
    ReplyId: '00000000-0000-4000-8000-000000000001',
    Payload: JSON.stringify(payload),
  };
  await one.ask('SendReply', reply).catch(() => {});
  await one.ask('AcknowledgeMessage', { MessageId: forged }).catch(() => {});
  const { CommandInvocations } = await ask('ListCommandInvocations', { CommandId: Command.CommandId });
  assert.notEqual(CommandInvocations[0]?.Status, 'Success');
});

test("a node's credentials open nothing of an operator's", async () => {
  const one = await node();
  const inputs: [string, object][] = [
    [
      'SendCommand',
      { DocumentName: 'AWS-RunShellScript', InstanceIds: [one.instanceId], Parameters: { commands: ['id'] } },
    ],
    ['CreateActivation', { IamRole: 'r' }],
    ['DescribeInstanceInformation', {}],
    ['DeregisterManagedInstance', { InstanceId: one.instanceId }],
    ['CreatePatchBaseline', { Name: 'mine' }],
    ['GetParameters', { Names: ['secret'], WithDecryption: true }],
    [
      'AddTagsToResource',
      { ResourceType: 'ManagedInstance', ResourceId: one.instanceId, Tags: [{ Key: 'Patch Group', Value: 'prod' }] },
    ],
  ];
  for (const [operation, input] of inputs) await assert.rejects(one.ask(operation, input), /AccessDenied/, operation);
});

test('NUL, half surrogates and control characters of a node never break the store', async () => {
  const one = await node();
  const hostile = 'a\u0000b\ud800c\u001b[2J\u202e';
  const item = { TypeName: 'AWS:Application', SchemaVersion: '1.1', CaptureTime: '2026-01-01T00:00:00Z' };
  const content = [{ Name: hostile, Version: hostile, Publisher: hostile, Architecture: 'x86_64' }];
  await one
    .ask('PutInventory', { InstanceId: one.instanceId, Items: [{ ...item, Content: content }] })
    .catch((error) => {
      assert.match(String(error), /ValidationException|ItemContentMismatch|InvalidItemContent/);
    });
  await ask('SendCommand', {
    DocumentName: 'AWS-RunShellScript',
    InstanceIds: [one.instanceId],
    Parameters: { commands: ['true'] },
  });
  let message: Received | undefined;
  while (message === undefined) [message] = await one.poll();
  await one.run(message, { 'aws:runShellScript': { out: hostile, err: hostile, output: hostile } });
  const { status } = await server.call('ssm', 'ListCommandInvocations', { Details: true });
  assert.equal(status, 200);
});

test('ten thousand tags are refused with the errors of AWS wherever tags go, and leave nothing', async () => {
  const Tags = Array.from({ length: 10_000 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }));
  const { instanceId } = await node();
  const inputs: [string, object][] = [
    ['AddTagsToResource', { ResourceType: 'ManagedInstance', ResourceId: instanceId, Tags }],
    ['CreateActivation', { IamRole: 'r', Tags }],
    ['CreatePatchBaseline', { Name: 'many-tags', Tags }],
    ['PutParameter', { Name: 'many-tags', Value: 'v', Type: 'String', Tags }],
    ['CreateDocument', { Name: 'many-tags', Content: '{"schemaVersion":"2.2","mainSteps":[]}', Tags }],
  ];
  for (const [operation, input] of inputs) {
    const { status, json } = await server.call('ssm', operation, input);
    assert.equal(status, 400, `${operation} ${status}`);
    assert.match(json.__type, /^(?:TooManyTagsError|ValidationException)$/, operation);
  }
  const { TagList } = await ask('ListTagsForResource', { ResourceType: 'ManagedInstance', ResourceId: instanceId });
  assert.deepEqual(TagList, []);
});

test('a body beyond the limit is refused before it is read, also without an honest length', async () => {
  const { headers } = signed('DescribePatchBaselines', {});
  const body = 'x'.repeat(9 * 1024 * 1024);
  assert.equal((await post({ headers, body })).status, 413);
  const piece = new Uint8Array(1024 * 1024);
  let sent = 0;
  const endless = new ReadableStream({
    pull: (controller) => {
      sent += 1;
      if (sent > 200) controller.close();
      else controller.enqueue(piece);
    },
  });
  const options = { method: 'POST', headers, body: endless, duplex: 'half' } as RequestInit;
  const status = await fetch(server.gateway.url, options).then(
    (response) => response.status,
    () => 413,
  );
  assert.deepEqual([status, sent < 200], [413, true]);
});
