import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { loadModel } from '../src/gateway/model/load.ts';
import { addNode } from './add-node.ts';
import { declaredErrors } from './botocore.ts';
import { boundaryInputs, type KnownValues } from './boundary-inputs.ts';
import { type Reply, startTestServer, type TestServer } from './server.ts';

const model = loadModel('ssm', 'node');
/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html, and what the protocol itself has. */
const COMMON = ['AccessDeniedException', 'InvalidNextToken', 'SerializationException', 'ValidationException'];
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

function problemOf(
  { status, json, text }: Reply,
  expected: string,
  declared: ReadonlySet<string> | undefined,
): string | null {
  const code: string = json.__type ?? 'ok';
  const words: string = json.message ?? json.Message ?? '';
  // Operations refuse more than the model does, and in other words.
  const isConstraint = /^\d+ validation errors? detected: .* constraint: (?:Member|Map) /.test(words);
  if (status >= 500) return `${status} ${text.slice(0, 300)}`;
  if (expected === 'constraint' && !isConstraint && code !== 'AccessDeniedException')
    return `${code} in place of a validation error`;
  if (expected === 'type' && code !== 'SerializationException' && code !== 'AccessDeniedException')
    return `${code} in place of SerializationException`;
  if (expected === 'kept' && (isConstraint || code === 'SerializationException'))
    return `refused: ${words.slice(0, 300)}`;
  const isKnown = code === 'ok' || COMMON.includes(code) || declared === undefined || declared.has(code);
  return isKnown ? null : `${code} is none of its errors: ${words.slice(0, 200)}`;
}

/** What the test server says of an answer that no client would understand. */
function shapeProblem(error: { actual?: unknown }): string {
  if (!Array.isArray(error.actual)) throw error;
  return error.actual.join(', ');
}

describe('every operation at the boundaries of its model', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.dispose());

  it('keeps what the model allows, refuses the rest in its words, and fails with errors that clients know', async () => {
    const known = await furnish(server);
    const declared = declaredErrors();
    const served: string[] = [];
    for (const operation of Object.keys(model.operations)) {
      const { json } = await server.call('ssm', operation, '{');
      if (json.__type !== 'UnknownOperationException') served.push(operation);
    }
    // What is needed by the others goes last.
    const isLast = (operation: string) => /^(?:Delete|Deregister)/.test(operation);
    const problems = new Map<string, string>();
    let calls = 0;
    for (const operation of [...served.filter((one) => !isLast(one)), ...served.filter(isLast)]) {
      for (const { input, what, expected } of boundaryInputs(model, operation, known)) {
        calls += 1;
        const problem = await server
          .call('ssm', operation, input)
          .then((reply) => problemOf(reply, expected, declared?.get(operation)), shapeProblem);
        const told = `${operation} ${what}`;
        if (problem !== null && !AGREED.some((one) => one.test(told) || one.test(`${told} ${problem}`))) {
          problems.set(told, problem);
        }
      }
    }
    assert.ok(served.length >= 79, `${served.length} operations are served`);
    assert.ok(calls > 3000, `${calls} calls`);
    assert.deepEqual(Object.fromEntries(problems), {});
  });
});
