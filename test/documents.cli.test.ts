import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { documentExists } from '../src/control/documents/exists.ts';
import { documentOperations } from '../src/control/documents/operations.ts';
import { tagOperations } from '../src/control/tags/operations.ts';
import { loadModel } from '../src/gateway/model/load.ts';
import type { Service } from '../src/gateway/service.ts';
import { hasAwsCli, startTestServer, type TestServer } from './server.ts';

const skip = hasAwsCli() ? false : 'no AWS CLI on this machine';

const service: Service = {
  name: 'ssm',
  targetPrefix: 'AmazonSSM',
  jsonVersion: '1.1',
  model: loadModel('ssm'),
  operations: {
    ...documentOperations({ isAssociated: async () => false }),
    ...tagOperations({ Document: documentExists }),
  },
  anonymous: new Set(),
};

let server: TestServer;
let folder: string;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kt-documents-'));
  if (skip === false) server = await startTestServer({ services: () => [service] });
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server?.dispose();
});

const aws = (command: string, ...more: string[]) => server.aws('ssm', ...command.split(' '), ...more);

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return `file://${join(folder, name)}`;
}

const YAML = `schemaVersion: "2.2"
description: Says something.
parameters:
  Message:
    type: String
    default: hello
    allowedPattern: "[a-z]+"
mainSteps:
  - action: aws:runShellScript
    name: say
    precondition:
      StringEquals: [platformType, Linux]
    inputs:
      runCommand: ['echo "{{ Message }}"']
`;

test('the life of a document, with the AWS CLI', { skip }, async () => {
  const made = await aws(
    'create-document --name Say --document-type Command --document-format YAML --tags Key=team,Value=web --version-name one --content',
    file('one.yaml', YAML),
  );
  assert.deepEqual(
    [made.DocumentDescription.Status, made.DocumentDescription.PlatformTypes, made.DocumentDescription.Parameters],
    ['Active', ['Linux'], [{ Name: 'Message', Type: 'String', DefaultValue: 'hello' }]],
  );
  assert.equal((await aws('get-document --name Say --document-format YAML')).Content, YAML);
  const json = await aws('get-document --name Say --document-version $LATEST --document-format JSON');
  assert.equal(JSON.parse(json.Content).mainSteps[0].name, 'say');
  const two = file('two.yaml', YAML.replace('hello', 'goodbye'));
  const updated = await aws(
    'update-document --name Say --document-version $LATEST --document-format YAML --content',
    two,
  );
  assert.equal(updated.DocumentDescription.LatestVersion, '2');
  await aws('update-document-default-version --name Say --document-version 2');
  const versions = await aws('list-document-versions --name Say --max-items 1');
  assert.deepEqual([versions.DocumentVersions[0].DocumentVersion, typeof versions.NextToken], ['1', 'string']);
  const listed = await aws('list-documents --filters Key=Owner,Values=Self Key=tag:team,Values=web');
  assert.deepEqual(
    listed.DocumentIdentifiers.map((one: { Name: string; DocumentVersion: string }) => [one.Name, one.DocumentVersion]),
    [['Say', '2']],
  );
  await aws('add-tags-to-resource --resource-type Document --resource-id Say --tags Key=stage,Value=test');
  assert.equal((await aws('describe-document --name Say')).Document.Tags.length, 2);
  await aws('modify-document-permission --name Say --permission-type Share --account-ids-to-add 111111111111');
  const shared = await aws('describe-document-permission --name Say --permission-type Share');
  assert.deepEqual(shared.AccountIds, ['111111111111']);
  await assert.rejects(aws('delete-document --name Say'), /InvalidDocumentOperation/);
  await aws('modify-document-permission --name Say --permission-type Share --account-ids-to-remove 111111111111');
  await aws('delete-document --name Say');
  await assert.rejects(aws('describe-document --name Say'), /\(InvalidDocument\).*does not exist/);
});

test('the AWS CLI shows AWS’s errors', { skip }, async () => {
  const create = (Name: string, text: string) =>
    aws(`create-document --name ${Name} --document-type Command --content`, file('broken.json', text));
  await assert.rejects(create('Broken', '{\n"a": ]'), /\(InvalidDocumentContent\).*at Line: 2, Column: 6/);
  await assert.rejects(create('Broken', '{"schemaVersion":"9.9"}'), /Document schema version is invalid\. Value: 9\.9/);
  await assert.rejects(create('A', '{}'), /ValidationException/);
  await assert.rejects(aws('get-document --name Unknown'), /\(InvalidDocument\)/);
  await assert.rejects(aws('list-documents --filters Key=Colour,Values=red'), /\(InvalidFilterKey\)/);
});

test('the documents that come with the server are listed and read', { skip }, async () => {
  const { DocumentIdentifiers } = await aws('list-documents --filters Key=Owner,Values=Amazon Key=Name,Values=AWS-Run');
  assert.deepEqual(
    DocumentIdentifiers.map(({ Name, Owner }: { Name: string; Owner: string }) => [Name, Owner]),
    ['AWS-RunPatchBaseline', 'AWS-RunPatchBaselineWithHooks', 'AWS-RunPowerShellScript', 'AWS-RunShellScript'].map(
      (name) => [name, 'Amazon'],
    ),
  );
  const { Content } = await aws('get-document --name AWS-RunPatchBaseline');
  assert.deepEqual(Object.keys(JSON.parse(Content)), ['schemaVersion', 'description', 'parameters', 'mainSteps']);
});
