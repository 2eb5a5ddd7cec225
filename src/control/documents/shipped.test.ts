import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { DocumentDescription, GetDocumentResult } from '@aws-sdk/client-ssm';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { unsupportedActions } from '../../core/documents/actions.ts';
import { parseDocument } from '../../core/documents/parse.ts';
import { resolveParameters } from '../../core/documents/resolve.ts';
import { documentOperations } from './operations.ts';
import { limitedPatternTest } from './pattern-test.ts';
import { documentToRun } from './run-document.ts';
import { shippedDocuments } from './shipped.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const operations = documentOperations({ isAssociated: async () => false });
const ask = <Output>(name: string, input: object) => invoke<Output>(operations, name, fakeCall(store.db), input);
const NAMES = [
  'AWS-GatherSoftwareInventory',
  'AWS-Noop',
  'AWS-RunPatchBaseline',
  'AWS-RunPatchBaselineWithHooks',
  'AWS-RunPowerShellScript',
  'AWS-RunShellScript',
  'Kintsugi-RunRebootIfRequired',
];

test('every document that comes with the program is valid, can be run and keeps what is ours to itself', () => {
  const shipped = shippedDocuments();
  assert.deepEqual([...shipped.keys()].sort(), NAMES);
  for (const { name, content } of shipped.values()) {
    const read = parseDocument(content, 'JSON');
    assert.ok(read.ok, `${name}: ${read.ok ? '' : read.fault.message}`);
    assert.deepEqual(unsupportedActions(read.value), [], name);
    assert.ok(read.value.description, name);
    assert.ok(!Object.hasOwn(read.value.content, 'kintsugi'), name);
    for (const parameter of read.value.parameters) assert.ok(parameter.description, `${name} ${parameter.name}`);
  }
});

test('they are described with the owner Amazon, given in both formats, and found by ARN', async () => {
  for (const Name of NAMES) {
    const { Document } = await ask<{ Document: DocumentDescription }>('DescribeDocument', { Name });
    assert.deepEqual([Document.Owner, Document.DefaultVersion, Document.Status], ['Amazon', '1', 'Active'], Name);
    const [json, yaml] = await Promise.all(
      ['JSON', 'YAML'].map((DocumentFormat) => ask<GetDocumentResult>('GetDocument', { Name, DocumentFormat })),
    );
    const fromYaml = parseDocument(yaml?.Content ?? '', 'YAML');
    assert.ok(fromYaml.ok);
    assert.deepEqual(fromYaml.value.content, JSON.parse(json?.Content ?? ''));
  }
  const arn = { Name: 'arn:aws:ssm:us-east-1::document/AWS-Noop', DocumentVersion: '$LATEST' };
  assert.equal((await ask<GetDocumentResult>('GetDocument', arn)).Name, 'AWS-Noop');
  await assert.rejects(ask('GetDocument', { Name: 'AWS-Noop', DocumentVersion: '2' }), {
    code: 'InvalidDocumentVersion',
  });
});

test('nobody changes them', async () => {
  const Name = 'AWS-RunShellScript';
  const Content = '{"schemaVersion":"2.2","mainSteps":[{"action":"aws:runShellScript","name":"a"}]}';
  const changes: [string, object][] = [
    ['UpdateDocument', { Content }],
    ['DeleteDocument', {}],
    ['UpdateDocumentDefaultVersion', { DocumentVersion: '1' }],
    ['ModifyDocumentPermission', { PermissionType: 'Share', AccountIdsToAdd: ['all'] }],
    ['UpdateDocumentMetadata', { DocumentReviews: { Action: 'SendForReview' } }],
    ['CreateDocument', { Content, DocumentType: 'Command' }],
  ];
  for (const [operation, input] of changes)
    await assert.rejects(ask(operation, { Name, ...input }), /owned by Amazon|reserved prefix/, operation);
});

test('the parameters of the patch run are those of Systems Manager', async () => {
  const { document, view } = await documentToRun(fakeCall(store.db), 'AWS-RunPatchBaseline');
  assert.equal(view.orchestration, 'patch-baseline');
  assert.deepEqual(view.platformTypes, ['Windows', 'Linux', 'MacOS']);
  const resolving = { name: view.name, matches: limitedPatternTest(60_000), lookup: async () => new Map() };
  const given = await resolveParameters(document, { Operation: ['Scan'] }, resolving);
  assert.deepEqual(given.ok && Object.fromEntries(given.values), {
    Operation: 'Scan',
    SnapshotId: '',
    InstallOverrideList: '',
    BaselineOverride: '',
    RebootOption: 'RebootIfNeeded',
    AssociationId: '',
  });
  const wrong: Record<string, string[]>[] = [
    {},
    { Operation: ['Install '] },
    { Operation: ['Scan'], SnapshotId: ['x'] },
    { Operation: ['Scan'], InstallOverrideList: ['http://example.org/list'] },
    { Operation: ['Scan'], BaselineOverride: ['s3://bucket'] },
    { Operation: ['Scan'], RebootOption: ['Always'] },
    { Operation: ['Scan'], Speed: ['fast'] },
  ];
  for (const one of wrong)
    assert.equal((await resolveParameters(document, one, resolving)).ok, false, JSON.stringify(one));
  const right = {
    Operation: ['Install'],
    SnapshotId: ['00000000-0000-4000-8000-000000000000'],
    InstallOverrideList: ['s3://bucket/list.yaml'],
    BaselineOverride: ['https://example.org/baselines.json'],
    RebootOption: ['NoReboot'],
  };
  assert.equal((await resolveParameters(document, right, resolving)).ok, true);
});

test('the hooks of a patch run do nothing unless they are named', async () => {
  const { document, view } = await documentToRun(fakeCall(store.db), 'AWS-RunPatchBaselineWithHooks');
  assert.equal(view.orchestration, 'patch-baseline-with-hooks');
  const hooks = document.parameters.filter(({ name }) => name.endsWith('HookDocName'));
  assert.deepEqual(
    hooks.map(({ name, defaultValue }) => [name, defaultValue]),
    [
      ['PreInstallHookDocName', 'AWS-Noop'],
      ['PostInstallHookDocName', 'AWS-Noop'],
      ['OnExitHookDocName', 'AWS-Noop'],
    ],
  );
});

test('what cannot be run is refused clearly when it is run', async () => {
  const call = fakeCall(store.db);
  const create = (Name: string, content: object, DocumentType: string) =>
    ask('CreateDocument', { Name, Content: JSON.stringify(content), DocumentType });
  const step = { action: 'aws:configurePackage', name: 'a', inputs: {} };
  await create('packages', { schemaVersion: '2.2', mainSteps: [step] }, 'Command');
  await assert.rejects(documentToRun(call, 'packages'), /does not run the actions \[aws:configurePackage\]/);
  await create('runbook', { schemaVersion: '0.3', mainSteps: [step] }, 'Automation');
  await assert.rejects(documentToRun(call, 'runbook'), { code: 'InvalidDocument' });
  await create('policy', { schemaVersion: '2.0', mainSteps: [{ ...step, action: 'aws:softwareInventory' }] }, 'Policy');
  await assert.rejects(documentToRun(call, 'policy'), { code: 'InvalidDocument' });
  const { view } = await documentToRun(call, 'AWS-RunShellScript');
  await documentToRun(call, 'AWS-RunShellScript', { DocumentHash: view.hash });
  await assert.rejects(documentToRun(call, 'AWS-RunShellScript', { DocumentHash: '0'.repeat(64) }), /hash/);
});

test('a pattern without an end is given up, and the server goes on', () => {
  const matches = limitedPatternTest();
  assert.equal(matches('[a-z]+', 'abc'), true);
  assert.equal(matches('[a-z]+', 'abc1'), false);
  assert.equal(matches('(', 'x'), null);
  const endless = `${'a'.repeat(60)}!`;
  assert.equal(matches('(a+)+', endless), null);
  assert.equal(matches('[a-z]+', 'abc'), null, 'the time is for all values of a command together');
  assert.equal(limitedPatternTest()('[a-z]+', 'abc'), true);
});
