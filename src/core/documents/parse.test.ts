import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unsupportedActions } from './actions.ts';
import { parameterSummaries, platformTypes } from './describe.ts';
import { commandDocument, json } from './document-arbitrary.ts';
import { jsonFaultAt } from './json-fault.ts';
import { parseDocument, readDocument } from './parse.ts';
import { readContent, writeContent } from './read-content.ts';
import type { DocumentFault, SsmDocument } from './types.ts';

const step = { action: 'aws:runShellScript', name: 'run', inputs: { runCommand: ['{{ commands }}'] } };
const valid = { schemaVersion: '2.2', description: 'd', mainSteps: [step] };

function parsed(content: object): SsmDocument {
  const read = parseDocument(JSON.stringify(content), 'JSON');
  assert.ok(read.ok, read.ok ? '' : read.fault.message);
  return read.value;
}

function faultOf(
  text: string,
  format: 'JSON' | 'YAML' | 'TEXT' = 'JSON',
  type: string | null = 'Command',
): DocumentFault {
  const read = readDocument(text, format, type);
  assert.ok(!read.ok, 'it was accepted');
  return read.fault;
}

const refusal = (content: object) => faultOf(JSON.stringify(content)).message;

test('a document of schema 2.2 is read with its parameters, steps and preconditions', () => {
  const document = parsed({
    ...valid,
    parameters: {
      commands: { type: 'StringList', description: 'What to run.', minItems: 1, displayType: 'textarea' },
      n: { type: 'Integer', default: 3, allowedValues: ['1', '3'] },
    },
    mainSteps: [
      { ...step, precondition: { StringEquals: ['platformType', 'Linux'] }, onFailure: 'exit' },
      { ...step, name: 'last', inputs: { finallyStep: 'true', onFailure: 'successAndExit' } },
    ],
  });
  assert.deepEqual(
    document.parameters.map(({ name, type, minItems }) => [name, type, minItems]),
    [
      ['commands', 'StringList', 1],
      ['n', 'Integer', null],
    ],
  );
  assert.deepEqual(
    document.steps.map(({ name, onFailure, isFinally }) => [name, onFailure, isFinally]),
    [
      ['run', 'exit', false],
      ['last', 'successAndExit', true],
    ],
  );
  assert.deepEqual(document.steps[0]?.precondition, { stringEquals: ['platformType', 'Linux'] });
});

test('YAML is read as well, and a schema version without quotes is one', () => {
  const read = parseDocument('schemaVersion: 2.2\nmainSteps:\n- {action: "aws:runShellScript", name: a}\n', 'YAML');
  assert.ok(read.ok);
  assert.equal(read.value.schemaVersion, '2.2');
  assert.deepEqual(read.value.steps[0]?.inputs, {});
});

test('the plug-ins of schema 1.2 are steps with their own names', () => {
  const runtimeConfig = { 'aws:runShellScript': { properties: [{ id: '0.aws:runShellScript', runCommand: ['ls'] }] } };
  const document = parsed({ schemaVersion: '1.2', runtimeConfig });
  assert.deepEqual(
    document.steps.map(({ action, name }) => [action, name]),
    [['aws:runShellScript', 'aws:runShellScript']],
  );
  assert.match(refusal({ schemaVersion: '1.2', runtimeConfig, mainSteps: [step] }), /does not know mainSteps/);
});

test('broken JSON is refused in AWS’s words, with the place', () => {
  assert.deepEqual(faultOf('https://example.org/document.json'), {
    code: 'InvalidDocumentContent',
    message: 'JSON not well-formed. at Line: 1, Column: 6',
  });
  assert.equal(faultOf('{\n  "a": 1,\n}').message, 'JSON not well-formed. at Line: 3, Column: 1');
});

test('a document without its schema is refused with a reason', () => {
  const cases: [object, RegExp][] = [
    [{ ...valid, schemaVersion: '3.0' }, /^Document schema version is invalid\. Value: 3\.0$/],
    [{ mainSteps: [step] }, /schema version is required/],
    [[valid], /is a map/],
    [{ ...valid, mainSteps: [] }, /at least one step/],
    [{ ...valid, mainSteps: [step, step] }, /Two steps have the name "run"/],
    [{ ...valid, mainSteps: [{ ...step, name: 'a/../b' }] }, /needs a name/],
    [{ ...valid, mainSteps: [{ ...step, action: 'rm' }] }, /needs an action/],
    [{ ...valid, mainSteps: [{ ...step, inputs: [{}] }] }, /inputs of step "run" are not a map/],
    [{ ...valid, mainSteps: [{ ...step, onFailure: 'stop' }] }, /neither exit nor successAndExit/],
    [{ ...valid, mainSteps: [{ ...step, nextStep: 'other' }] }, /goes on with a step that is not there/],
    [{ ...valid, mainSteps: [{ ...step, precondition: { StringEquals: ['a'] } }] }, /does not compare two texts/],
    [{ ...valid, mainSteps: [{ ...step, precondition: { StringLike: ['a', 'b'] } }] }, /is not StringEquals/],
    [
      { ...valid, schemaVersion: '2.0', mainSteps: [{ ...step, precondition: { StringEquals: ['a', 'b'] } }] },
      /does not know/,
    ],
    [{ ...valid, parameters: { a: { type: 'Text' } } }, /needs a type/],
    [{ ...valid, parameters: { 'a b': { type: 'String' } } }, /name "a b" is not valid/],
    [{ ...valid, parameters: { a: { type: 'String', allowedValues: ['x'], default: 'y' } } }, /is not one of \[x\]/],
    [{ ...valid, parameters: { a: { type: 'String', allowedPattern: '(' } } }, /regular expression/],
    [{ ...valid, parameters: { a: { type: 'StringList', minItems: -1 } } }, /whole number/],
  ];
  for (const [content, expected] of cases) assert.match(refusal(content), expected);
});

test('types have their schema versions, and those without a schema only have to be JSON or YAML', () => {
  const automation = JSON.stringify({
    schemaVersion: '0.3',
    mainSteps: [{ name: 'x', action: 'aws:pause', inputs: {} }],
  });
  assert.ok(readDocument(automation, 'JSON', 'Automation').ok);
  assert.match(faultOf(automation, 'JSON', 'Command').message, /Value: 0\.3/);
  assert.ok(readDocument('{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{}}', 'JSON', 'Session').ok);
  assert.ok(readDocument('{"any":"thing"}', 'JSON', 'ApplicationConfiguration').ok);
  assert.ok(readDocument('BEGIN:VCALENDAR', 'TEXT', 'ChangeCalendar').ok);
  assert.match(faultOf('text', 'TEXT').message, /TEXT is not valid/);
  assert.deepEqual(faultOf(JSON.stringify(valid), 'JSON', null), {
    code: 'InvalidDocumentSchemaVersion',
    message: 'Document type is required for schema version 2.2',
  });
});

test('what is too large, too deep or an avalanche of aliases is refused', () => {
  assert.equal(faultOf(JSON.stringify({ ...valid, description: 'ä'.repeat(33_000) })).code, 'MaxDocumentSizeExceeded');
  for (const format of ['JSON', 'YAML'] as const)
    assert.equal(faultOf(`${'['.repeat(30_000)}${']'.repeat(30_000)}`, format).code, 'InvalidDocumentContent');
  const bomb = Array.from(
    { length: 30 },
    (_, n) => `a${n}: &a${n} [${n === 0 ? 'x' : `*a${n - 1}, *a${n - 1}, *a${n - 1}`}]`,
  );
  assert.equal(faultOf(bomb.join('\n'), 'YAML').code, 'InvalidDocumentContent');
  for (const text of ['a: .nan', 'a: !!set {x}', 'a: &x [*x]', 'a: !!binary aGk=', '--- a\n--- b'])
    assert.equal(faultOf(text, 'YAML').code, 'InvalidDocumentContent', text);
});

test('what no database and no shell can hold is refused, also where an escape hides it', () => {
  for (const text of ['\\u0000', '\\ud800']) {
    assert.match(faultOf(`{"schemaVersion":"2.2","description":"${text}","mainSteps":[]}`).message, /NUL character/);
    assert.match(faultOf(`{"${text}":1}`, 'JSON', 'ApplicationConfiguration').message, /NUL character/);
  }
  assert.match(faultOf('a: "\\0"', 'YAML').message, /NUL character/);
  assert.match(faultOf(String.fromCharCode(0), 'TEXT', 'ChangeCalendar').message, /NUL character/);
});

test('platforms are those of the preconditions, else of the actions', () => {
  const on = (platform: string, action = 'aws:runShellScript') => ({
    ...step,
    action,
    name: platform,
    precondition: { StringEquals: ['platformType', platform] },
  });
  assert.deepEqual(platformTypes(parsed(valid)), ['Linux', 'MacOS']);
  assert.deepEqual(platformTypes(parsed({ ...valid, mainSteps: [on('Linux')] })), ['Linux']);
  assert.deepEqual(
    platformTypes(parsed({ ...valid, mainSteps: [on('MacOS'), on('Windows', 'aws:runPowerShellScript')] })),
    ['Windows', 'MacOS'],
  );
});

test('actions that are not run are told, each once', () => {
  const other = { action: 'aws:configurePackage', name: 'b', inputs: {} };
  const mainSteps = [step, other, { ...other, name: 'c' }, { ...other, action: 'aws:unheardOf', name: 'd' }];
  assert.deepEqual(unsupportedActions(parsed({ ...valid, mainSteps })), ['aws:configurePackage', 'aws:unheardOf']);
  assert.deepEqual(unsupportedActions(parsed(valid)), []);
});

test('parameters are summed up with their defaults as texts', () => {
  const parameters = {
    a: { type: 'String', default: '', description: 'A' },
    b: { type: 'StringList', default: ['x'] },
    c: { type: 'Boolean', default: true },
    d: { type: 'String' },
  };
  assert.deepEqual(parameterSummaries(parsed({ ...valid, parameters }).content), [
    { Name: 'a', Type: 'String', Description: 'A', DefaultValue: '' },
    { Name: 'b', Type: 'StringList', DefaultValue: '["x"]' },
    { Name: 'c', Type: 'Boolean', DefaultValue: 'true' },
    { Name: 'd', Type: 'String' },
  ]);
});

test('the fault of a JSON text is found exactly where JSON.parse fails', () => {
  const cut = fc.tuple(json, fc.nat(), fc.string({ maxLength: 2 })).map(([value, at, put]) => {
    const text = JSON.stringify(value);
    return text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + (at % 2));
  });
  const texts = fc.oneof(
    cut,
    fc.string(),
    json.map((value) => JSON.stringify(value, null, 2)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      const at = jsonFaultAt(text);
      assert.equal(at === null, isJson);
      if (at !== null) assert.ok(at >= 0 && at <= text.length);
    }),
    { numRuns: 500 },
  );
});

test('values written as JSON or YAML read back the same', () => {
  fc.assert(
    fc.property(json, fc.constantFrom('JSON' as const, 'YAML' as const), (value, format) => {
      const read = readContent(writeContent(value, format), format);
      assert.ok(read.ok, JSON.stringify(read));
      assert.deepEqual(read.value, value);
    }),
    { numRuns: 300 },
  );
});

test('a valid document is accepted in both formats and means the same', () => {
  fc.assert(
    fc.property(commandDocument, (content) => {
      const [asJson, asYaml] = (['JSON', 'YAML'] as const).map((format) =>
        parseDocument(writeContent(content, format), format),
      );
      assert.ok(asJson?.ok, JSON.stringify(asJson));
      assert.deepEqual(asYaml, asJson);
    }),
    { numRuns: 200 },
  );
});

test('junk is refused without an exception, whatever it is', () => {
  const shaped = fc.record(
    {
      schemaVersion: fc.constantFrom('2.2', '2.0', '1.2', 0.3),
      parameters: json,
      mainSteps: json,
      runtimeConfig: json,
    },
    { requiredKeys: [] },
  );
  const types = fc.constantFrom('Command', 'Policy', 'Automation', 'Session', 'Package', null);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        shaped.map((one) => JSON.stringify(one)),
      ),
      types,
      (text, type) => {
        for (const format of ['JSON', 'YAML', 'TEXT'] as const) readDocument(text, format, type);
      },
    ),
    { numRuns: 300 },
  );
});
