import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { executionSeconds } from './deadline.ts';
import { commandDocument, hostileText, json } from './document-arbitrary.ts';
import { parseDocument } from './parse.ts';
import { compilePattern } from './pattern.ts';
import { preconditionHolds } from './precondition.ts';
import type { Lookup, StoredParameter } from './references.ts';
import { type GivenParameters, resolveParameters } from './resolve.ts';
import type { SsmDocument } from './types.ts';

const STORED = new Map<string, StoredParameter>([
  ['/a/text', { type: 'String', value: 'hello' }],
  ['list', { type: 'StringList', value: 'x,y' }],
  ['list:2', { type: 'StringList', value: 'old' }],
  ['secret', { type: 'SecureString', value: 'hidden' }],
]);
const lookup: Lookup = async (names) => new Map([...STORED].filter(([name]) => names.includes(name)));
const matches = (pattern: string, text: string) => compilePattern(pattern)?.test(text) ?? null;

function document(parameters: object): SsmDocument {
  const mainSteps = [{ action: 'aws:runShellScript', name: 'run' }];
  const read = parseDocument(JSON.stringify({ schemaVersion: '2.2', parameters, mainSteps }), 'JSON');
  assert.ok(read.ok, read.ok ? '' : read.fault.message);
  return read.value;
}

const resolve = (parameters: object, given: GivenParameters) =>
  resolveParameters(document(parameters), given, { name: 'Doc', matches, lookup });

async function values(parameters: object, given: GivenParameters): Promise<object> {
  const resolution = await resolve(parameters, given);
  assert.ok(resolution.ok, resolution.ok ? '' : resolution.message);
  return Object.fromEntries(resolution.values);
}

async function refusal(parameters: object, given: GivenParameters): Promise<string> {
  const resolution = await resolve(parameters, given);
  assert.ok(!resolution.ok, 'it was accepted');
  assert.equal(resolution.code, 'InvalidParameters');
  return resolution.message;
}

test('each type takes the texts of a command, and defaults stand in for the rest', async () => {
  const parameters = {
    s: { type: 'String', default: '' },
    l: { type: 'StringList' },
    i: { type: 'Integer', default: 5 },
    b: { type: 'Boolean' },
    m: { type: 'StringMap' },
    n: { type: 'MapList' },
    t: { type: 'String', default: 3600 },
  };
  const given = { l: ['a', ''], b: ['True'], m: ['{"k":"v"}'], n: ['{"a":1}', '{"b":2}'] };
  assert.deepEqual(await values(parameters, given), {
    s: '',
    l: ['a', ''],
    i: 5,
    b: true,
    m: { k: 'v' },
    n: [{ a: 1 }, { b: 2 }],
    t: '3600',
  });
});

test('what is unknown, missing or of another type is refused', async () => {
  assert.equal(await refusal({}, { a: ['1'] }), 'document Doc does not support parameters.');
  assert.match(await refusal({ b: { type: 'String', default: '' } }, { a: ['1'] }), /"a" is not one of its parameters/);
  assert.match(await refusal({ a: { type: 'String' } }, {}), /"a" requires a value/);
  assert.match(await refusal({ a: { type: 'String' } }, { a: ['1', '2'] }), /takes one value/);
  assert.match(await refusal({ a: { type: 'Integer' } }, { a: ['1.5'] }), /not a whole number/);
  assert.match(await refusal({ a: { type: 'Boolean' } }, { a: ['yes'] }), /neither true nor false/);
  assert.match(await refusal({ a: { type: 'StringMap' } }, { a: ['{'] }), /takes JSON/);
  assert.match(await refusal({ a: { type: 'StringMap' } }, { a: ['[]'] }), /is not a map/);
  assert.match(await refusal({ a: { type: 'String' } }, JSON.parse('{"__proto__":["x"]}')), /does not support/);
});

test('values keep to the allowed values, patterns and sizes', async () => {
  const operation = { Operation: { type: 'String', allowedValues: ['Scan', 'Install'] } };
  assert.deepEqual(await values(operation, { Operation: ['Scan'] }), { Operation: 'Scan' });
  assert.match(await refusal(operation, { Operation: ['scan'] }), /is not one of \[Scan, Install\]/);
  const pattern = { id: { type: 'String', default: '', allowedPattern: '(^$)|^[0-9]+$' } };
  assert.deepEqual(await values(pattern, {}), { id: '' });
  assert.match(await refusal(pattern, { id: ['12x'] }), /does not match the pattern/);
  assert.match(await refusal({ s: { type: 'String', allowedPattern: 'ab' } }, { s: ['abc'] }), /does not match/);
  assert.deepEqual(await values({ s: { type: 'String', allowedPattern: '(?i)ab' } }, { s: ['AB'] }), { s: 'AB' });
  const sizes = { l: { type: 'StringList', minItems: 1, maxItems: 2, maxChars: 3 } };
  for (const l of [[], ['a', 'b', 'c'], ['abcd']]) assert.match(await refusal(sizes, { l }), /more than|fewer than/);
});

test('references to Parameter Store are replaced before they are checked', async () => {
  const parameters = {
    t: { type: 'String', default: 'say {{ssm:/a/text}}!', allowedPattern: 'say [a-z]+!' },
    l: { type: 'StringList' },
  };
  assert.deepEqual(await values(parameters, { l: ['{{ ssm:list }}', '-{{ssm:list:2}}-', '{{ other }}'] }), {
    t: 'say hello!',
    l: ['x', 'y', '-old-', '{{ other }}'],
  });
  assert.match(await refusal(parameters, { l: ['{{ssm:secret}}'] }), /SecureString cannot be used/);
  assert.match(await refusal(parameters, { l: ['{{ssm:nowhere}}'] }), /not found: \[nowhere\]/);
});

test('a replaced value is not looked up again', async () => {
  const nested: Lookup = async () => new Map([['a', { type: 'String', value: '{{ssm:a}}$&' }]]);
  const one = document({ s: { type: 'String' } });
  const resolution = await resolveParameters(one, { s: ['{{ssm:a}}'] }, { name: 'Doc', matches, lookup: nested });
  assert.deepEqual(resolution.ok && [...resolution.values], [['s', '{{ssm:a}}$&']]);
});

test('values that no database and no shell can hold are refused, wherever they come from', async () => {
  const nul = String.fromCharCode(0);
  for (const text of [nul, '\ud800'])
    assert.match(await refusal({ s: { type: 'String' } }, { s: [text] }), /NUL character/);
  assert.match(await refusal({ m: { type: 'StringMap' } }, { m: ['{"a":"\\u0000"}'] }), /takes JSON/);
  const spoilt: Lookup = async () => new Map([['a', { type: 'String', value: nul }]]);
  const one = document({ s: { type: 'String' } });
  const resolution = await resolveParameters(one, { s: ['{{ssm:a}}'] }, { name: 'Doc', matches, lookup: spoilt });
  assert.match(resolution.ok ? '' : resolution.message, /hold what no command can/);
});

test('a pattern that takes too long refuses the value', async () => {
  const one = document({ s: { type: 'String', allowedPattern: '(a+)+' } });
  const resolution = await resolveParameters(one, { s: ['a'] }, { name: 'Doc', matches: () => null, lookup });
  assert.match(resolution.ok ? '' : resolution.message, /in time/);
});

test('preconditions compare the platform and the values', () => {
  const given = new Map([['Operation', 'Scan']]);
  const holds = (left: string, right: string) => preconditionHolds({ stringEquals: [left, right] }, 'Linux', given);
  assert.equal(holds('platformType', 'Linux'), true);
  assert.equal(holds('Windows', '{{ platformType }}'), false);
  assert.equal(holds('{{ Operation }}', 'Scan'), true);
  assert.equal(holds('{{Operation}}', 'Install'), false);
  assert.equal(holds('{{ Unknown }}', '{{ Unknown }}'), false);
  assert.equal(preconditionHolds(null, 'Linux', given), true);
});

test('resolving never throws, and what it accepts it accepts again', async () => {
  const junk = fc.dictionary(hostileText, fc.array(hostileText, { maxLength: 3 }), { maxKeys: 4 });
  await fc.assert(
    fc.asyncProperty(commandDocument, junk, json, async (content, other, value) => {
      const read = parseDocument(JSON.stringify(content), 'JSON');
      assert.ok(read.ok);
      const resolving = { name: 'Doc', matches, lookup: async () => new Map() };
      const named = Object.fromEntries(read.value.parameters.map(({ name }) => [name, [JSON.stringify(value)]]));
      for (const given of [other, named, {}]) {
        const first = await resolveParameters(read.value, given, resolving);
        if (!first.ok) continue;
        const again = Object.fromEntries(
          [...first.values].map(([name, one]) => [name, Array.isArray(one) ? one.map(text) : [text(one)]]),
        );
        assert.deepEqual(await resolveParameters(read.value, again, resolving), first);
      }
    }),
    { numRuns: 150 },
  );
});

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

test('a run may take as long as its steps together, on the platform where that is most', () => {
  const step = (name: string, platform: string | null, timeoutSeconds?: string | number) => ({
    action: 'aws:runShellScript',
    name,
    ...(platform === null ? {} : { precondition: { StringEquals: ['platformType', platform] } }),
    inputs: timeoutSeconds === undefined ? {} : { timeoutSeconds },
  });
  const seconds = (mainSteps: object[], values: [string, string][] = []) => {
    const read = parseDocument(JSON.stringify({ schemaVersion: '2.2', mainSteps }), 'JSON');
    assert.ok(read.ok);
    return executionSeconds(read.value, new Map(values));
  };
  assert.equal(seconds([step('a', null)]), 3600);
  assert.equal(seconds([step('a', null, '{{ t }}'), step('b', null, 100)], [['t', '50']]), 150);
  assert.equal(seconds([step('a', 'Linux', 700), step('b', 'Windows', '600'), step('c', null, 1)]), 705);
  assert.equal(seconds([step('a', null, 'soon'), step('b', null, 999_999)]), 3600 + 172_800);
  assert.equal(seconds([{ ...step('a', null), timeoutSeconds: 30 }]), 30);
});
