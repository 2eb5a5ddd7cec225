import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { loadModel } from '../src/gateway/model/load.ts';
import { addNode } from './add-node.ts';
import type { KnownValues } from './boundary-inputs.ts';
import { sweep } from './boundary-sweep.ts';
import { startTestServer, type TestServer } from './server.ts';

const model = loadModel('ssm', 'node');
const DOCUMENT = JSON.stringify({
  schemaVersion: '2.2',
  mainSteps: [{ action: 'aws:runShellScript', name: 'a', inputs: { runCommand: ['true'] } }],
});

/** Things that are there, under the names of the shapes that name them. */
async function furnish(server: TestServer): Promise<KnownValues> {
  const node = await addNode(server.store.db, '000000000000', 1);
  const call = async (operation: string, input: object) => (await server.call('ssm', operation, input)).json;
  const { BaselineId } = await call('CreatePatchBaseline', { Name: 'swept' });
  await call('CreateDocument', { Name: 'swept', Content: DOCUMENT, DocumentType: 'Command' });
  await call('PutParameter', { Name: '/swept', Value: 'v', Type: 'String' });
  const { ActivationId } = await call('CreateActivation', { IamRole: 'role' });
  const sent = await call('SendCommand', { DocumentName: 'swept', InstanceIds: [node] });
  return {
    ActivationId,
    BaselineId,
    CommandId: sent.Command.CommandId,
    DocumentARN: 'swept',
    DocumentContent: DOCUMENT,
    DocumentName: 'swept',
    DocumentVersion: '1',
    InstanceId: node,
    ManagedInstanceId: node,
    NodeInstanceId: node,
    PSParameterName: '/swept',
    ParameterName: '/swept',
    ResourceId: node,
    ResourceTypeForTagging: 'ManagedInstance',
    ServiceSettingId: '/ssm/parameter-store/high-throughput-enabled',
    InventoryItemSchemaVersion: '1.0',
    InventoryItemCaptureTime: '2026-01-01T00:00:00Z',
    ComplianceItemContentHash: 'a',
    CalendarNameOrARN: 'a',
    ISO8601String: '2026-01-01',
    ResourceArnString: 'arn:aws:ssm:eu-west-1:000000000000:parameter/swept',
    Policy: '{"Version":"2012-10-17","Statement":[]}',
  };
}

/** Where AWS itself leaves its model. */
const AGREED = [
  // Recorded on AWS: an empty value is refused in the words of a constraint that the model does not have.
  /^PutParameter Value: ""$/,
  // Terraform waits for this code when a group was deregistered by somebody else.
  /^DeregisterPatchBaselineForPatchGroup BaselineId: .* DoesNotExistException/,
];

describe('every operation at the boundaries of its model', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.dispose());

  it('keeps what the model allows, refuses the rest in its words, and fails with errors that clients know', async () => {
    const known = await furnish(server);
    const swept = await sweep(server, { service: 'ssm', client: 'ssm', model, known, agreed: AGREED });
    assert.ok(swept.served >= 79, `${swept.served} operations are served`);
    assert.ok(swept.calls > 3000, `${swept.calls} calls`);
    assert.deepEqual(swept.problems, {});
  });
});
