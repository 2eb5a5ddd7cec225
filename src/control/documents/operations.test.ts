import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { DocumentDescription, GetDocumentResult } from '@aws-sdk/client-ssm';
import { sql } from 'drizzle-orm';
import { type Answer, misfits } from '../../../test/botocore.ts';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { documentOperations } from './operations.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const associated = new Set<string>();
const operations = documentOperations({ isAssociated: async (_call, name) => associated.has(name) });

const OWN = '000000000000';
const answers: Answer[] = [];

async function ask<Output = Record<string, unknown>>(name: string, input: object, account = OWN): Promise<Output> {
  const output = await invoke<Output>(operations, name, fakeCall(store.db, { account }), input);
  answers.push({ operation: name, output: output as object });
  return output;
}

function content(command: string, more: object = {}): string {
  const mainSteps = [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: [command] } }];
  return JSON.stringify({ schemaVersion: '2.2', description: 'A test.', ...more, mainSteps });
}

interface Described {
  readonly DocumentDescription: DocumentDescription;
}

async function create(Name: string, more: object = {}): Promise<DocumentDescription> {
  const plain = { Name, Content: content(`echo ${Name}`), DocumentType: 'Command' };
  return (await ask<Described>('CreateDocument', { ...plain, ...more })).DocumentDescription;
}

async function update(Name: string, Content: string, more: object = {}): Promise<DocumentDescription> {
  const input = { Name, Content, DocumentVersion: '$LATEST', ...more };
  return (await ask<Described>('UpdateDocument', input)).DocumentDescription;
}

const describe = async (Name: string) =>
  (await ask<{ Document: DocumentDescription }>('DescribeDocument', { Name })).Document;
const get = (Name: string, more: object = {}) => ask<GetDocumentResult>('GetDocument', { Name, ...more });
const remove = (Name: string, more: object = {}) => ask('DeleteDocument', { Name, ...more });

test('a document is created active, described and read back as it was written', async () => {
  const text = content('ls', { parameters: { dir: { type: 'String', default: '/', description: 'Where.' } } });
  const Tags = [{ Key: 'team', Value: 'web' }];
  const made = await create('first', { Content: text, VersionName: 'v1', DisplayName: 'First', TargetType: '/', Tags });
  assert.deepEqual(made, {
    Name: 'first',
    CreatedDate: new Date('2026-01-01T00:00:00Z'),
    Owner: OWN,
    PlatformTypes: ['Linux', 'MacOS'],
    DocumentVersion: '1',
    DocumentType: 'Command',
    DocumentFormat: 'JSON',
    Tags,
    SchemaVersion: '2.2',
    DisplayName: 'First',
    VersionName: 'v1',
    TargetType: '/',
    Author: 'arn:aws:iam::000000000000:user/test',
    Hash: createHash('sha256').update(text).digest('hex'),
    HashType: 'Sha256',
    Status: 'Active',
    Description: 'A test.',
    Parameters: [{ Name: 'dir', Type: 'String', Description: 'Where.', DefaultValue: '/' }],
    LatestVersion: '1',
    DefaultVersion: '1',
  });
  assert.deepEqual(await describe('first'), made);
  assert.equal((await get('first')).Content, text);
  assert.deepEqual(await describe(`arn:aws:ssm:us-east-1:${OWN}:document/first`), made);
});

test('a second document with the name, a reserved name, an attachment and a broken content are refused', async () => {
  await create('second');
  await assert.rejects(create('second'), { code: 'DocumentAlreadyExists' });
  for (const name of ['AWS-Mine', 'aws-mine', 'amazonian', 'Kintsugi-Mine'])
    await assert.rejects(create(name), { code: 'ValidationException' });
  const Attachments = [{ Key: 'SourceUrl', Values: ['s3://bucket/key'] }];
  await assert.rejects(create('attached', { Attachments }), { code: 'ValidationException' });
  await assert.rejects(create('broken', { Content: '{' }), {
    code: 'InvalidDocumentContent',
    message: 'JSON not well-formed. at Line: 1, Column: 2',
  });
  await assert.rejects(create('untyped', { DocumentType: undefined }), { code: 'InvalidDocumentSchemaVersion' });
  await assert.rejects(create('large', { Content: content('x'.repeat(70_000)) }), { code: 'MaxDocumentSizeExceeded' });
  for (const name of ['attached', 'broken', 'large']) await assert.rejects(describe(name), { code: 'InvalidDocument' });
});

test('JSON is given as YAML and YAML as JSON, each untouched in its own format', async () => {
  const yaml = '# why\nschemaVersion: "2.2"\nmainSteps:\n  - {action: "aws:runShellScript", name: a, inputs: {}}\n';
  await create('in-yaml', { Content: yaml, DocumentFormat: 'YAML' });
  assert.equal((await get('in-yaml', { DocumentFormat: 'YAML' })).Content, yaml);
  const asJson = await get('in-yaml');
  assert.equal(asJson.DocumentFormat, 'JSON');
  assert.deepEqual(JSON.parse(asJson.Content ?? ''), {
    schemaVersion: '2.2',
    mainSteps: [{ action: 'aws:runShellScript', name: 'a', inputs: {} }],
  });
  await create('in-json');
  assert.match((await get('in-json', { DocumentFormat: 'YAML' })).Content ?? '', /^schemaVersion: "2\.2"\n/);
  await create('calendar', { Content: 'BEGIN:VCALENDAR', DocumentFormat: 'TEXT', DocumentType: 'ChangeCalendar' });
  const text = await get('calendar', { DocumentFormat: 'JSON' });
  assert.deepEqual([text.Content, text.DocumentFormat], ['BEGIN:VCALENDAR', 'TEXT']);
});

test('an update adds a version, and the default one stays until it is set', async () => {
  await create('grows', { VersionName: 'one' });
  const second = await update('grows', content('two'), { VersionName: 'two', DocumentVersion: '1' });
  assert.deepEqual([second.DocumentVersion, second.LatestVersion, second.DefaultVersion], ['2', '2', '1']);
  const versionOf = async (more: object) => (await get('grows', more)).DocumentVersion;
  assert.equal(await versionOf({}), '1');
  assert.equal(await versionOf({ DocumentVersion: '$DEFAULT' }), '1');
  assert.equal(await versionOf({ DocumentVersion: '$LATEST' }), '2');
  assert.equal(await versionOf({ VersionName: 'two' }), '2');
  assert.equal(await versionOf({ DocumentVersion: '2', VersionName: 'two' }), '2');
  const wrong = [
    { DocumentVersion: '3' },
    { DocumentVersion: '9'.repeat(40) },
    { VersionName: 'x' },
    { DocumentVersion: '1', VersionName: 'two' },
  ];
  for (const one of wrong) await assert.rejects(get('grows', one), { code: 'InvalidDocumentVersion' });
  assert.deepEqual(await ask('UpdateDocumentDefaultVersion', { Name: 'grows', DocumentVersion: '2' }), {
    Description: { Name: 'grows', DefaultVersion: '2', DefaultVersionName: 'two' },
  });
  assert.equal(await versionOf({}), '2');
  await assert.rejects(ask('UpdateDocumentDefaultVersion', { Name: 'grows', DocumentVersion: '7' }), {
    code: 'InvalidDocumentVersion',
  });
});

test('an update is refused for an old version, a used version name, a known content and schema 1.2', async () => {
  await create('picky', { VersionName: 'one' });
  await update('picky', content('two'));
  await assert.rejects(update('picky', content('three'), { DocumentVersion: '1' }), { code: 'InvalidDocumentVersion' });
  await assert.rejects(update('picky', content('three'), { VersionName: 'one' }), {
    code: 'DuplicateDocumentVersionName',
  });
  await assert.rejects(update('picky', content('echo picky')), { code: 'DuplicateDocumentContent' });
  assert.equal((await update('picky', content('two'), { TargetType: '/AWS::EC2::Instance' })).DocumentVersion, '3');
  await assert.rejects(update('nowhere', content('x')), { code: 'InvalidDocument' });
  const runtimeConfig = { 'aws:runShellScript': { properties: [{ id: '0', runCommand: ['ls'] }] } };
  const old = JSON.stringify({ schemaVersion: '1.2', runtimeConfig });
  await create('old-schema', { Content: old, DocumentType: undefined });
  await assert.rejects(update('old-schema', content('x')), { code: 'InvalidDocumentSchemaVersion' });
});

test('versions that are made at the same time get numbers of their own', async () => {
  await create('busy');
  const made = await Promise.all(['a', 'b', 'c', 'd'].map((command) => update('busy', content(command))));
  assert.deepEqual(made.map(({ DocumentVersion }) => DocumentVersion).sort(), ['2', '3', '4', '5']);
  const same = await Promise.allSettled([update('busy', content('same')), update('busy', content('same'))]);
  assert.deepEqual(same.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('versions are listed page by page', async () => {
  await create('paged');
  for (const command of ['2', '3']) await update('paged', content(command));
  interface Page {
    readonly DocumentVersions: { DocumentVersion: string; IsDefaultVersion: boolean; Status: string }[];
    readonly NextToken?: string;
  }
  const first = await ask<Page>('ListDocumentVersions', { Name: 'paged', MaxResults: 2 });
  assert.deepEqual(
    first.DocumentVersions.map((one) => [one.DocumentVersion, one.IsDefaultVersion, one.Status]),
    [
      ['1', true, 'Active'],
      ['2', false, 'Active'],
    ],
  );
  const { NextToken } = first;
  const second = await ask<Page>('ListDocumentVersions', { Name: 'paged', MaxResults: 2, NextToken });
  assert.deepEqual([second.DocumentVersions.map((one) => one.DocumentVersion), second.NextToken], [['3'], undefined]);
  await assert.rejects(ask('ListDocumentVersions', { Name: 'paged', NextToken: 'x' }), { code: 'InvalidNextToken' });
});

test('a version is deleted but the default one, and its number does not come back', async () => {
  await create('shrinks');
  await update('shrinks', content('2'), { VersionName: 'two' });
  await assert.rejects(remove('shrinks', { DocumentVersion: '1' }), {
    code: 'InvalidDocumentOperation',
    message: "Default version of the document can't be deleted.",
  });
  await assert.rejects(remove('shrinks', { DocumentVersion: '5' }), { code: 'InvalidDocumentVersion' });
  await remove('shrinks', { VersionName: 'two' });
  assert.equal((await describe('shrinks')).LatestVersion, '1');
  assert.equal((await update('shrinks', content('2'))).DocumentVersion, '3');
});

test('a whole document is deleted with its tags, unless it is shared, associated or needs force', async () => {
  await create('goes', { Tags: [{ Key: 'a', Value: 'b' }] });
  const share = { Name: 'goes', PermissionType: 'Share' };
  await ask('ModifyDocumentPermission', { ...share, AccountIdsToAdd: ['111111111111'] });
  await assert.rejects(remove('goes'), { code: 'InvalidDocumentOperation' });
  await ask('ModifyDocumentPermission', { ...share, AccountIdsToRemove: ['111111111111'] });
  associated.add('goes');
  await assert.rejects(remove('goes'), { code: 'AssociatedInstances' });
  associated.clear();
  assert.deepEqual(await remove('goes'), {});
  await assert.rejects(describe('goes'), { code: 'InvalidDocument' });
  await assert.rejects(remove('goes'), { code: 'InvalidDocument' });
  assert.deepEqual((await create('goes')).Tags, []);
  await create('app-schema', { Content: '{"type":"object"}', DocumentType: 'ApplicationConfigurationSchema' });
  await assert.rejects(remove('app-schema'), { code: 'InvalidDocumentOperation' });
  await remove('app-schema', { Force: true });
});

test('change templates are reviewed, and other documents are not', async () => {
  const template = { Content: '{"schemaVersion":"0.3","mainSteps":[{}]}', DocumentType: 'Automation.ChangeTemplate' };
  assert.equal((await create('template', template)).ReviewStatus, 'NOT_REVIEWED');
  const review = (Action: string, Content?: string, Name = 'template') => {
    const Comment = Content === undefined ? [] : [{ Type: 'Comment', Content }];
    return ask('UpdateDocumentMetadata', { Name, DocumentReviews: { Action, Comment } });
  };
  await assert.rejects(review('Approve'), { code: 'InvalidDocumentOperation' });
  await review('SendForReview', 'Please.');
  assert.equal((await describe('template')).PendingReviewVersion, '1');
  await assert.rejects(review('Approve', `a${String.fromCharCode(0)}`), { code: 'ValidationException' });
  await review('Approve', 'Fine.');
  const described = await describe('template');
  assert.deepEqual([described.ReviewStatus, described.ApprovedVersion], ['APPROVED', '1']);
  assert.deepEqual([described.ReviewInformation?.[0]?.Status, described.PendingReviewVersion], ['APPROVED', undefined]);
  const history = await ask('ListDocumentMetadataHistory', { Name: 'template', Metadata: 'DocumentReviews' });
  const at = new Date('2026-01-01T00:00:00Z');
  const entry = (ReviewStatus: string, Content: string) => ({
    CreateTime: at,
    UpdatedTime: at,
    ReviewStatus,
    Comment: [{ Type: 'Comment', Content }],
  });
  const approved = { ...entry('APPROVED', 'Fine.'), Reviewer: 'arn:aws:iam::000000000000:user/test' };
  assert.deepEqual(history.Metadata, { ReviewerResponse: [approved, entry('PENDING', 'Please.')] });
  await create('no-template');
  await assert.rejects(review('SendForReview', undefined, 'no-template'), { code: 'InvalidDocumentOperation' });
});

test('an account has 500 documents and a document 1,000 versions, and no more', async () => {
  await create('many-versions');
  await store.db.execute(sql`
    INSERT INTO document_version (account, name, version, document_format, content, hash, platform_types, requires, author, created_at)
    SELECT account, name, n, document_format, content, n::text, platform_types, requires, author, created_at
    FROM document_version, generate_series(2, 1000) AS n WHERE name = 'many-versions'`);
  await store.db.execute(
    sql`UPDATE document SET latest_version = 1000, last_version = 1000 WHERE name = 'many-versions'`,
  );
  await assert.rejects(update('many-versions', content('one more')), { code: 'DocumentVersionLimitExceeded' });
  await store.db.execute(sql`
    INSERT INTO document (account, name, document_type, default_version, latest_version, last_version, author, created_at)
    SELECT '333333333333', 'doc-' || n, 'Command', 1, 1, 1, '', now() FROM generate_series(1, 500) AS n`);
  const one = { Name: 'one-more', Content: content('x'), DocumentType: 'Command' };
  await assert.rejects(ask('CreateDocument', one, '333333333333'), { code: 'DocumentLimitExceeded' });
});

test('every answer has the shape of the service’s model', async (t) => {
  await create('shaped', { Requires: [{ Name: 'first', Version: '1' }] });
  await ask('ModifyDocumentPermission', { Name: 'shaped', PermissionType: 'Share', AccountIdsToAdd: ['all'] });
  await ask('DescribeDocumentPermission', { Name: 'shaped', PermissionType: 'Share' });
  await ask('ListDocuments', { Filters: [{ Key: 'Owner', Values: ['All'] }] });
  const wrong = misfits(answers);
  if (wrong === null) return t.skip('no Python with botocore on this machine');
  assert.deepEqual([wrong, new Set(answers.map(({ operation }) => operation)).size], [[], 12]);
});
