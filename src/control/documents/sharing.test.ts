import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { DocumentDescription, DocumentIdentifier, GetDocumentResult } from '@aws-sdk/client-ssm';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { documentOperations } from './operations.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const operations = documentOperations({ isAssociated: async () => false });
const OWN = '000000000000';
const OTHER = '111111111111';

async function ask<Output = Record<string, unknown>>(name: string, input: object, account = OWN): Promise<Output> {
  return invoke<Output>(operations, name, fakeCall(store.db, { account }), input);
}

function content(command: string): string {
  const mainSteps = [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: [command] } }];
  return JSON.stringify({ schemaVersion: '2.2', mainSteps });
}

const create = (Name: string, more: object = {}, account = OWN) =>
  ask('CreateDocument', { Name, Content: content(Name), DocumentType: 'Command', ...more }, account);
const share = (Name: string, more: object, account = OWN) =>
  ask('ModifyDocumentPermission', { Name, PermissionType: 'Share', ...more }, account);
const permission = (Name: string) => ask('DescribeDocumentPermission', { Name, PermissionType: 'Share' });

test('a document is seen by the accounts that it is shared with, in the versions that are shared', async () => {
  await create('lent');
  await ask('UpdateDocument', { Name: 'lent', Content: content('lent 2') });
  const arn = `arn:aws:ssm:us-east-1:${OWN}:document/lent`;
  const describe = async (Name: string) =>
    (await ask<{ Document: DocumentDescription }>('DescribeDocument', { Name }, OTHER)).Document;
  const get = (DocumentVersion: string) => ask<GetDocumentResult>('GetDocument', { Name: arn, DocumentVersion }, OTHER);
  await assert.rejects(describe(arn), { code: 'InvalidDocument' });
  await share('lent', { AccountIdsToAdd: [OTHER] });
  const { Name, Owner, Tags } = await describe(arn);
  assert.deepEqual({ Name, Owner, Tags }, { Name: arn, Owner: OWN, Tags: [] });
  await assert.rejects(get('2'), { code: 'InvalidDocumentVersion' });
  await share('lent', { AccountIdsToAdd: [OTHER], SharedDocumentVersion: '$LATEST' });
  assert.equal((await get('2')).DocumentVersion, '2');
  await assert.rejects(get('1'), { code: 'InvalidDocumentVersion' });
  await share('lent', { AccountIdsToAdd: [OTHER], SharedDocumentVersion: '$ALL' });
  assert.deepEqual([(await get('1')).DocumentVersion, (await get('2')).DocumentVersion], ['1', '2']);
  await assert.rejects(describe('lent'), { code: 'InvalidDocument' });
  await assert.rejects(ask('UpdateDocument', { Name: 'lent', Content: content('x') }, OTHER), {
    code: 'InvalidDocument',
  });
});

test('a document is shared with everybody or with a group of accounts, and a removal wins', async () => {
  await create('open');
  await share('open', { AccountIdsToAdd: [OTHER] });
  await share('open', { AccountIdsToAdd: ['All'] });
  assert.deepEqual(await permission('open'), {
    AccountIds: ['all'],
    AccountSharingInfoList: [{ AccountId: 'all', SharedDocumentVersion: '$DEFAULT' }],
  });
  await assert.rejects(share('open', { AccountIdsToAdd: ['all', OTHER] }), { code: 'DocumentPermissionLimit' });
  await assert.rejects(share('open', {}), { code: 'ValidationException' });
  await share('open', { AccountIdsToAdd: [OTHER, '222222222222'], AccountIdsToRemove: ['222222222222'] });
  assert.deepEqual((await permission('open')).AccountIds, [OTHER]);
  await assert.rejects(share('nowhere', { AccountIdsToAdd: [OTHER] }), { code: 'InvalidDocument' });
  await assert.rejects(permission('nowhere'), { code: 'InvalidDocument' });
});

test('a sixth public document is one too many', async () => {
  const names = [1, 2, 3, 4, 5, 6].map((number) => `public-${number}`);
  for (const name of names) await create(name);
  for (const name of names.slice(0, 5)) await share(name, { AccountIdsToAdd: ['all'] });
  await assert.rejects(share('public-6', { AccountIdsToAdd: ['all'] }), { code: 'DocumentPermissionLimit' });
  assert.deepEqual((await permission('public-6')).AccountIds, []);
  for (const name of names.slice(0, 5)) await share(name, { AccountIdsToRemove: ['all'] });
});

test('documents are listed by owner, name, platform, type and tag', async () => {
  const account = '222222222222';
  await create('list-b', { Tags: [{ Key: 'region', Value: 'east' }] }, account);
  await create('list-a', { TargetType: '/' }, account);
  const runbook = { Content: '{"schemaVersion":"0.3","mainSteps":[{}]}', DocumentType: 'Automation' };
  await create('other', runbook, account);
  const list = async (filters: Record<string, string[]>, by = account) => {
    const Filters = Object.entries(filters).map(([Key, Values]) => ({ Key, Values }));
    return namesOf(await ask<Listed>('ListDocuments', { Filters }, by));
  };
  assert.deepEqual(await list({ Owner: ['Self'] }), ['list-a', 'list-b', 'other']);
  assert.deepEqual(await list({ Owner: ['Self'], Name: ['list-'] }), ['list-a', 'list-b']);
  assert.deepEqual(await list({ Owner: ['Self'], DocumentType: ['Automation', 'Policy'] }), ['other']);
  assert.deepEqual(await list({ Owner: ['Self'], PlatformTypes: ['Windows'] }), ['other']);
  assert.deepEqual(await list({ TargetType: ['/'] }), ['list-a']);
  assert.deepEqual(await list({ 'tag:region': ['west', 'east'] }), ['list-b']);
  const old = { DocumentFilterList: [{ key: 'Name', value: 'list-' }] };
  assert.deepEqual(namesOf(await ask<Listed>('ListDocuments', old, account)), ['list-a', 'list-b']);
  const shipped = await list({ Owner: ['Amazon'] });
  assert.ok(shipped.includes('AWS-RunPatchBaseline') && !shipped.includes('list-a'));
  assert.deepEqual(await list({}), [...shipped, 'list-a', 'list-b', 'other']);
  await assert.rejects(list({ Colour: ['red'] }), { code: 'InvalidFilterKey' });
  await assert.rejects(list({ Owner: ['Self', 'Amazon'] }), { code: 'InvalidFilterValue' });
});

test('what others share is listed as private, what they publish as public', async () => {
  const account = '333333333333';
  await create('given', {}, account);
  const arn = `arn:aws:ssm:us-east-1:${account}:document/given`;
  const list = async (owner: string) =>
    namesOf(await ask<Listed>('ListDocuments', { Filters: [{ Key: 'Owner', Values: [owner] }] }, '444444444444'));
  assert.deepEqual([await list('Private'), await list('Public')], [[], []]);
  await share('given', { AccountIdsToAdd: ['444444444444'] }, account);
  assert.deepEqual([await list('Private'), await list('Public')], [[arn], []]);
  await share('given', { AccountIdsToAdd: ['all'] }, account);
  assert.deepEqual([await list('Private'), await list('Public'), await list('Self')], [[], [arn], []]);
});

test('a list goes on from page to page until all have been seen', async () => {
  const seen: string[] = [];
  let next: { NextToken?: string } = {};
  do {
    const page: Listed = await ask<Listed>('ListDocuments', { MaxResults: 3, ...next });
    seen.push(...namesOf(page));
    next = page.NextToken === undefined ? {} : { NextToken: page.NextToken };
  } while (next.NextToken !== undefined);
  assert.deepEqual(seen, namesOf(await ask<Listed>('ListDocuments', { MaxResults: 50 })));
});

interface Listed {
  readonly DocumentIdentifiers: readonly DocumentIdentifier[];
  readonly NextToken?: string;
}

function namesOf({ DocumentIdentifiers }: Listed): string[] {
  return DocumentIdentifiers.map(({ Name }) => Name ?? '');
}
