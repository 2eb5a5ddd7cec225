import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { parseDocument as parseAsAgent } from '../../agent/documents/parse-document.ts';
import { documentOperations } from '../documents/operations.ts';
import { documentPreparation } from './prepare-document.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const prepare = documentPreparation({ orchestrations: ['patch-baseline', 'patch-baseline-with-hooks', 'inventory'] });
const operations = documentOperations({ isAssociated: async () => false });
const call = () => fakeCall(store.db);
const send = (DocumentName: string, Parameters: Record<string, string[]> = {}) =>
  prepare(call(), { DocumentName, Parameters }, '00000000-0000-4000-8000-000000000001');

function create(Name: string, mainSteps: object[], parameters: object = {}) {
  const Content = JSON.stringify({ schemaVersion: '2.2', parameters, mainSteps });
  return invoke(operations, 'CreateDocument', call(), {
    Name,
    Content,
    DocumentFormat: 'JSON',
    DocumentType: 'Command',
  });
}

const shell = (name: string, script: string, more: object = {}, step: object = {}) => ({
  action: 'aws:runShellScript',
  name,
  inputs: { runCommand: [script], ...more },
  ...step,
});
const nested = (name: string, documentPath: string, more: object = {}, step: object = {}) => ({
  action: 'aws:runDocument',
  name,
  inputs: { documentType: 'SSMDocument', documentPath, ...more },
  ...step,
});
const on = (platform: string) => ({ precondition: { StringEquals: ['platformType', platform] } });

async function asAgent(name: string, parameters: Record<string, string[]> = {}) {
  const { payload } = await send(name, parameters);
  const { DocumentContent, Parameters } = JSON.parse(payload ?? '');
  const read = parseAsAgent(DocumentContent, Parameters);
  assert.ok(read.ok, JSON.stringify(read));
  return read.steps;
}

test('a nested document comes in the place of its step, with its own values under names of their own', async () => {
  const text = { type: 'String', default: 'by default' };
  await create('Inner', [shell('say', 'echo {{ word }} {{ list }} {{ other }}')], {
    word: text,
    list: { type: 'StringList', default: ['a', 'b'] },
    other: text,
  });
  const documentParameters = { word: '{{ word }} of {{ word }}', list: ['x', '{{ word }}'] };
  await create(
    'Outer',
    [shell('first', 'echo {{ word }}'), nested('in', 'Inner:1', { documentParameters }), shell('last', 'true')],
    { word: { type: 'String' } },
  );
  const steps = await asAgent('Outer', { word: ['{{ word }}'] });
  assert.deepEqual(
    steps.map(({ name }) => name),
    ['first', 'in.say', 'last'],
  );
  assert.deepEqual(steps[0]?.inputs.runCommand, ['echo {{ word }}'], 'a value is put in once');
  assert.deepEqual(steps[1]?.inputs.runCommand, ['echo {{ word }} of {{ word }} ["x","{{ word }}"] by default']);
});

test('preconditions of both have to hold, and the platform is left to the agent', async () => {
  await create('OnLinux', [shell('linux', 'true', {}, on('Linux')), shell('windows', 'true', {}, on('Windows'))]);
  await create(
    'Guarded',
    [
      nested('linux', 'OnLinux', {}, on('Linux')),
      nested('never', 'OnLinux', {}, { precondition: { StringEquals: ['{{ run }}', 'yes'] } }),
    ],
    { run: { type: 'String', default: 'no' } },
  );
  const steps = await asAgent('Guarded');
  assert.deepEqual(
    steps.map(({ name, precondition }) => [name, (precondition?.StringEquals as string[] | undefined)?.[1]]),
    [
      ['linux.linux', 'Linux'],
      ['linux.windows', 'None'],
      ['never.linux', 'None'],
      ['never.windows', 'None'],
    ],
  );
});

test('a failure that ends the outer document ends it from inside, and a final document is final in all its steps', async () => {
  await create('Two', [shell('one', 'true'), shell('two', 'true')]);
  await create('Flow', [nested('stop', 'Two', { onFailure: 'exit' }), nested('end', 'Two', { finallyStep: true })]);
  const steps = await asAgent('Flow');
  assert.deepEqual(
    steps.map(({ name, inputs }) => [name, inputs.onFailure, inputs.finallyStep]),
    [
      ['stop.one', 'exit', undefined],
      ['stop.two', 'exit', undefined],
      ['end.one', undefined, true],
      ['end.two', undefined, true],
    ],
  );
});

const refused = (name: string, message: RegExp, code = 'InvalidDocumentContent') =>
  assert.rejects(send(name), (error: { code?: string; message: string }) => {
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });

test('what cannot be said in one list of steps is refused when the command is sent', async () => {
  await create('Exits', [shell('maybe', 'false', { onFailure: 'exit' })]);
  await create('GoesOn', [nested('in', 'Exits'), shell('after', 'true')]);
  await refused('GoesOn', /may end its document, and the document that runs it would go on/);
  await create('AtTheEnd', [shell('before', 'true'), nested('in', 'Exits')]);
  assert.equal((await asAgent('AtTheEnd')).length, 2);
  await create('Final', [shell('clean', 'true', { finallyStep: true })]);
  await create('Late', [shell('before', 'false', { onFailure: 'exit' }), nested('in', 'Final')]);
  await refused('Late', /even where its document was not begun/);
  await create('Path', [nested('in', '/tmp/x.json', { documentType: 'LocalPath' })]);
  await refused('Path', /type "LocalPath"/);
  await create('Stranger', [shell('say', 'echo {{ word }}')]);
  await create('Names', [nested('in', 'Stranger')], { word: { type: 'String', default: 'x' } });
  await refused('Names', /parameter of the document that runs it alone/);
  await create('Needs', [shell('say', 'echo {{ it }}')], { it: { type: 'String' } });
  await create('Forgets', [nested('in', 'Needs')]);
  await refused('Forgets', /"it" requires a value/);
});

test('a document that runs itself, too many levels, and what is not there are refused', async () => {
  await create('Ring', [nested('in', 'Gnir')]);
  await create('Gnir', [nested('in', 'Ring')]);
  await refused('Ring', /runs itself/);
  await create('Self', [nested('in', 'Self')]);
  await refused('Self', /runs itself/);
  await create('Level0', [shell('x', 'true')]);
  for (let level = 1; level < 7; level += 1) await create(`Level${level}`, [nested('in', `Level${level - 1}`)]);
  assert.equal((await asAgent('Level4'))[0]?.name, 'in.in.in.in.x');
  await refused('Level6', /more than 5 levels/);
  await create('Missing', [nested('in', 'Nowhere')]);
  await refused('Missing', /./, 'InvalidDocument');
  await create('Patches', [nested('in', 'AWS-RunPatchBaseline')]);
  await refused('Patches', /led by the server/, 'InvalidDocument');
});

test('the documents of hooks are found, checked and rendered when the command is sent', async () => {
  await create('Pre', [shell('stop', 'systemctl stop app'), nested('more', 'Two')]);
  const hooked = (name: string) =>
    send('AWS-RunPatchBaselineWithHooks', { Operation: ['Install'], PreInstallHookDocName: [name] });
  const { hooks, payload, orchestration, executionSeconds } = await hooked('Pre');
  assert.deepEqual([payload, orchestration], [null, 'patch-baseline-with-hooks']);
  assert.deepEqual(Object.keys(hooks ?? {}), ['PreInstallHook', 'PostInstallHook', 'OnExitHook']);
  const steps = hooks?.PreInstallHook?.content.mainSteps as { name: string }[];
  assert.deepEqual(
    steps.map(({ name }) => name),
    ['stop', 'more.one', 'more.two'],
  );
  assert.equal(hooks?.OnExitHook?.name, 'AWS-Noop');
  assert.equal(executionSeconds, 7200 + 3 * 3600 + 2 * 3600);
  await assert.rejects(hooked('Nowhere'), { code: 'InvalidDocument' });
  await assert.rejects(hooked('Needs'), { code: 'InvalidParameters' });
  await assert.rejects(hooked('Ring'), { code: 'InvalidDocumentContent' });
});
