import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SendCommandRequest } from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { parseDocument as parseAsAgent } from '../../agent/documents/parse-document.ts';
import { commandDocument } from '../../core/documents/document-arbitrary.ts';
import { parseDocument } from '../../core/documents/parse.ts';
import { writeContent } from '../../core/documents/read-content.ts';
import { resolveParameters } from '../../core/documents/resolve.ts';
import { sealerOf } from '../../store/sealer.ts';
import { documentOperations } from '../documents/operations.ts';
import { limitedPatternTest } from '../documents/pattern-test.ts';
import { parameterOperations } from '../parameter-store/operations.ts';
import { documentPreparation } from './prepare-document.ts';
import { renderSendCommand } from './render.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const COMMAND = '00000000-0000-4000-8000-000000000001';
const prepare = documentPreparation({ orchestrations: ['patch-baseline'] });
const operations = { ...documentOperations({ isAssociated: async () => false }) };

const send = (DocumentName: string, request: Partial<SendCommandRequest> = {}) =>
  prepare(fakeCall(store.db), { DocumentName, ...request }, COMMAND);

function create(Name: string, content: object, format: 'JSON' | 'YAML' = 'JSON') {
  const Content = writeContent(JSON.parse(JSON.stringify(content)), format);
  const input = { Name, Content, DocumentFormat: format, DocumentType: 'Command' };
  return invoke(operations, 'CreateDocument', fakeCall(store.db), input);
}

const step = (inputs: object) => ({ action: 'aws:runShellScript', name: 'run', inputs });

test('a document is rendered for the agent with its values, and the agent makes a script of it', async () => {
  const Parameters = { commands: ['echo "{{ x }}"', 'exit 1'], executionTimeout: ['60'] };
  const OutputS3BucketName = 'Out_Bucket';
  const prepared = await send('AWS-RunShellScript', { Parameters, OutputS3BucketName });
  assert.deepEqual(
    [prepared.name, prepared.version, prepared.executionSeconds, prepared.parameters],
    ['AWS-RunShellScript', '1', 60, Parameters],
  );
  const payload = JSON.parse(prepared.payload ?? '');
  assert.deepEqual(payload.Parameters, { ...Parameters, workingDirectory: '', executionTimeout: '60' });
  assert.equal(payload.CommandId, COMMAND);
  assert.equal(payload.OutputS3BucketName, OutputS3BucketName);
  const read = parseAsAgent(payload.DocumentContent, payload.Parameters);
  assert.ok(read.ok);
  assert.deepEqual(read.steps[0]?.inputs, {
    runCommand: Parameters.commands,
    workingDirectory: '',
    timeoutSeconds: '60',
  });
});

test('a document in YAML goes to the agent as JSON, in the version that the command names', async () => {
  await create('versioned', { schemaVersion: '2.2', mainSteps: [step({ runCommand: ['one'] })] }, 'YAML');
  const two = { schemaVersion: '2.2', mainSteps: [step({ runCommand: ['two'] })] };
  const update = { Name: 'versioned', Content: JSON.stringify(two), DocumentVersion: '$LATEST' };
  await invoke(operations, 'UpdateDocument', fakeCall(store.db), update);
  const commandOf = async (DocumentVersion?: string) => {
    const { payload } = await send('versioned', DocumentVersion === undefined ? {} : { DocumentVersion });
    return JSON.parse(payload ?? '').DocumentContent.mainSteps[0].inputs.runCommand;
  };
  assert.deepEqual([await commandOf(), await commandOf('$LATEST'), await commandOf('1')], [['one'], ['two'], ['one']]);
  await assert.rejects(commandOf('3'), { code: 'InvalidDocumentVersion' });
});

test('the patch run is led by the server, and what no run leads is refused', async () => {
  const prepared = await send('AWS-RunPatchBaseline', { Parameters: { Operation: ['Scan'] } });
  assert.deepEqual([prepared.orchestration, prepared.payload], ['patch-baseline', null]);
  assert.equal(prepared.executionSeconds, 7200);
  await assert.rejects(send('AWS-RunPatchBaseline'), { code: 'InvalidParameters', message: /"Operation" requires/ });
  await assert.rejects(send('AWS-GatherSoftwareInventory'), { code: 'InvalidDocument' });
  await assert.rejects(send('AWS-Nothing'), { code: 'InvalidDocument' });
});

test('references reach Parameter Store, and a SecureString stays there', async () => {
  const parameters = parameterOperations({ sealer: sealerOf(Buffer.alloc(32)) });
  const put = (Name: string, Type: string, Value: string) =>
    invoke(parameters, 'PutParameter', fakeCall(store.db), { Name, Type, Value });
  await put('/greeting', 'String', 'hello');
  await put('names', 'StringList', 'a,b');
  await put('password', 'SecureString', 'hidden');
  const commands = ['{{ssm:/greeting}} {{ ssm:/greeting:1 }}', '{{ssm:names}}'];
  const { payload } = await send('AWS-RunShellScript', { Parameters: { commands } });
  assert.deepEqual(JSON.parse(payload ?? '').Parameters.commands, ['hello hello', 'a', 'b']);
  const refuse = (command: string) => send('AWS-RunShellScript', { Parameters: { commands: [command] } });
  await assert.rejects(refuse('{{ssm:password}}'), { code: 'InvalidParameters', message: /SecureString/ });
  await assert.rejects(refuse('{{ssm:nowhere}}'), { code: 'InvalidParameters', message: /not found: \[nowhere\]/ });
});

test('a document and its values have 64 KB together', async () => {
  await assert.rejects(send('AWS-RunShellScript', { Parameters: { commands: ['x'.repeat(65_000)] } }), {
    code: 'MaxDocumentSizeExceeded',
  });
  await send('AWS-RunShellScript', { Parameters: { commands: ['x'.repeat(60_000)] } });
});

test('a document that was rendered and read again is the same, and the agent takes it', async () => {
  await fc.assert(
    fc.asyncProperty(commandDocument, async (content) => {
      const read = parseDocument(JSON.stringify(content), 'JSON');
      assert.ok(read.ok);
      const resolving = { name: 'Doc', matches: limitedPatternTest(60_000), lookup: async () => new Map() };
      const given = Object.fromEntries(read.value.parameters.map(({ name, type }) => [name, sample(type)]));
      const resolution = await resolveParameters(read.value, given, resolving);
      const values = resolution.ok ? resolution.values : new Map();
      const payload = renderSendCommand({ commandId: COMMAND, documentName: 'Doc', document: read.value, values });
      const sent = JSON.parse(JSON.stringify(payload));
      const again = parseDocument(JSON.stringify(sent.DocumentContent), 'JSON');
      assert.deepEqual(again, read);
      assert.deepEqual(sent.Parameters, JSON.parse(JSON.stringify(Object.fromEntries(values))));
      const agent = parseAsAgent(sent.DocumentContent, sent.Parameters);
      assert.ok(agent.ok, agent.ok ? '' : agent.problem);
      assert.deepEqual(
        agent.steps.map(({ name }) => name),
        read.value.steps.map(({ name }) => name),
      );
    }),
    { numRuns: 100 },
  );
});

function sample(type: string): string[] {
  if (type === 'StringList') return ['a', 'b', 'c'];
  if (type === 'Boolean') return ['true'];
  if (type === 'Integer') return ['1'];
  return type === 'String' ? ['Scan'] : ['{"a":"b"}'];
}
