import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { recordedCases } from '../../../../test/states-cases.ts';
import { invalidDefinition, validateDefinition } from './validate.ts';

const told = (definition: object | string): string[] => {
  const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
  return validateDefinition(text).diagnostics.map(({ code, location }) => `${code} ${location}`);
};
const one = (state: object, more: object = {}): object => ({ StartAt: 'A', States: { A: state, ...more } });
const pass = { Type: 'Pass', End: true };
const task = (more: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::aws-sdk:ssm:sendCommand',
  End: true,
  ...more,
});

const cases = recordedCases();
test('every definition that AWS took is taken', {
  skip: cases === null ? 'the recordings are not here' : false,
}, () => {
  for (const { id, stateMachines } of cases ?? []) {
    for (const { definition } of stateMachines) {
      assert.deepEqual(validateDefinition(definition).diagnostics, [], `${id} ${definition.slice(0, 300)}`);
    }
  }
});

const http = (given: object, more: object = {}): object =>
  one({ Type: 'Task', Resource: 'arn:aws:states:::http:invoke', Parameters: given, End: true, ...more });

test('an HTTP task is held against what http:invoke takes', () => {
  const call = { ApiEndpoint: 'https://hooks.example.com/a', Method: 'POST' };
  assert.deepEqual(told(http({ ...call, Headers: { 'X-Run': '1' }, RequestBody: { 'a.$': '$.a' } })), []);
  assert.deepEqual(told(http({ 'ApiEndpoint.$': '$.url', 'Method.$': '$.method' })), []);
  const at = 'SCHEMA_VALIDATION_FAILED /States/A/Parameters';
  assert.deepEqual(told(http({ Method: 'GET' })), [at]);
  assert.deepEqual(told(http({ ...call, Url: 1 })), [`${at}/Url`]);
  assert.deepEqual(told(http({ ...call, Method: 'TRACE' })), [`${at}/Method`]);
  assert.deepEqual(told(http({ ...call, ApiEndpoint: 'file:///etc/passwd' })), [`${at}/ApiEndpoint`]);
  assert.deepEqual(told(http({ ...call, Headers: { Authorization: 'x' } })), [`${at}/Headers/Authorization`]);
  assert.deepEqual(told(http({ ...call, Headers: { 'x-Amz-Date.$': '$.a' } })), [`${at}/Headers/x-Amz-Date`]);
  const waits = { Resource: 'arn:aws:states:::http:invoke.waitForTaskToken' };
  assert.deepEqual(told(http({ ...call, RequestBody: { 't.$': '$$.Task.Token' } }, waits)), [
    'SCHEMA_VALIDATION_FAILED /States/A/Resource',
  ]);
});

test('a connection of EventBridge is warned of, and a warning keeps no definition out', () => {
  const events = { ConnectionArn: 'arn:aws:events:us-east-1:111111111111:connection/a/b' };
  const given = { ApiEndpoint: 'https://a.example/', Method: 'GET', Authentication: events };
  const text = JSON.stringify(http(given));
  const { diagnostics } = validateDefinition(text);
  assert.deepEqual(
    diagnostics.map(({ severity, code }) => [severity, code]),
    [['WARNING', 'NO_EVENTBRIDGE_CONNECTION']],
  );
  assert.equal(invalidDefinition({ diagnostics, truncated: false }), null);
});

test('no number of warnings hides an error', () => {
  const events = { ConnectionArn: 'arn:aws:events:us-east-1:111111111111:connection/a/b' };
  const given = { ApiEndpoint: 'https://a.example/', Method: 'GET', Authentication: events };
  const many = Array.from({ length: 150 }, (_, index) => ({
    [`S${index}`]: { Type: 'Task', Resource: 'arn:aws:states:::http:invoke', Parameters: given, Next: `S${index + 1}` },
  }));
  const States = Object.assign({}, ...many, { S150: { Type: 'Pass', Next: 'nowhere' } });
  const validated = validateDefinition(JSON.stringify({ StartAt: 'S0', States }));
  assert.match(invalidDefinition(validated) ?? '', /MISSING_TRANSITION_TARGET/);
});

describe('a definition with a fault', () => {
  const faults: readonly [string, object | string, string[]][] = [
    ['is no JSON', '{', ['INVALID_JSON_DESCRIPTION ']],
    ['is a list', '[]', ['INVALID_JSON_DESCRIPTION ']],
    ['is too large', ' '.repeat(1024 * 1024 + 1), ['SCHEMA_VALIDATION_FAILED ']],
    ['is nested too deep', '['.repeat(1_000_000), ['INVALID_JSON_DESCRIPTION ']],
    ['has nothing in it', {}, ['SCHEMA_VALIDATION_FAILED /']],
    ['starts nowhere', { ...one(pass), StartAt: 'B' }, ['MISSING_TRANSITION_TARGET /StartAt']],
    ['goes nowhere', one({ Type: 'Pass', Next: 'B' }), ['MISSING_TRANSITION_TARGET /States/A/Next']],
    ['has an unreachable state', one(pass, { B: pass }), ['MISSING_TRANSITION_TARGET /States/B']],
    ['has no way on', one({ Type: 'Pass' }), ['SCHEMA_VALIDATION_FAILED /States/A']],
    ['has an unknown field', one({ ...pass, Foo: 1 }), ['SCHEMA_VALIDATION_FAILED /States/A/Foo']],
    [
      'has a field named as a prototype has',
      one({ ...pass, constructor: 1 }),
      ['SCHEMA_VALIDATION_FAILED /States/A/constructor'],
    ],
    ['has an unknown type', one({ Type: 'Jump' }), ['SCHEMA_VALIDATION_FAILED /States/A/Type']],
    ['has a bad path', one({ ...pass, InputPath: '$[' }), ['SCHEMA_VALIDATION_FAILED /States/A/InputPath']],
    [
      'has a bad template',
      one({ ...pass, Parameters: { 'a.$': 'x y' } }),
      ['SCHEMA_VALIDATION_FAILED /States/A/Parameters/a.$'],
    ],
    [
      'waits for two things',
      one({ Type: 'Wait', Seconds: 1, SecondsPath: '$.a', End: true }),
      ['SCHEMA_VALIDATION_FAILED /States/A'],
    ],
    [
      'waits a negative time',
      one({ Type: 'Wait', Seconds: -1, End: true }),
      ['SCHEMA_VALIDATION_FAILED /States/A/Seconds'],
    ],
    [
      'mixes the languages',
      one({ ...pass, QueryLanguage: 'JSONata', InputPath: '$' }),
      ['SCHEMA_VALIDATION_FAILED /States/A/InputPath'],
    ],
    [
      'has broken JSONata',
      one({ ...pass, QueryLanguage: 'JSONata', Output: '{% ( %}' }),
      ['SCHEMA_VALIDATION_FAILED /States/A/Output'],
    ],
    [
      'has a choice without an operator',
      one({ Type: 'Choice', Choices: [{ Variable: '$', Next: 'A' }] }),
      ['SCHEMA_VALIDATION_FAILED /States/A/Choices[0]'],
    ],
    [
      'catches everything first',
      one({
        Type: 'Task',
        Resource: 'r',
        End: true,
        Catch: [
          { ErrorEquals: ['States.ALL'], Next: 'A' },
          { ErrorEquals: ['x'], Next: 'A' },
        ],
      }),
      ['SCHEMA_VALIDATION_FAILED /States/A/Catch[0]/ErrorEquals'],
    ],
    [
      'has a fault in a branch',
      one({ Type: 'Parallel', End: true, Branches: [one({ Type: 'Pass' })] }),
      [
        'SCHEMA_VALIDATION_FAILED /States/A/Branches[0]/States/A',
        'SCHEMA_VALIDATION_FAILED /States/A/Branches[0]/States/A',
      ],
    ],
    ['has another version', { ...one(pass), Version: '2.0' }, ['SCHEMA_VALIDATION_FAILED /Version']],
    ['never ends in time', { ...one(pass), TimeoutSeconds: 2 ** 53 - 1 }, ['SCHEMA_VALIDATION_FAILED /TimeoutSeconds']],
    [
      'has times that cannot be',
      one(task({ TimeoutSeconds: 99_999_999_999_999 })),
      ['SCHEMA_VALIDATION_FAILED /States/A/TimeoutSeconds'],
    ],
    [
      'beats too late',
      one(task({ TimeoutSeconds: 60, HeartbeatSeconds: 60 })),
      ['SCHEMA_VALIDATION_FAILED /States/A/HeartbeatSeconds'],
    ],
    [
      'waits no longer each time',
      one(task({ Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 9, MaxDelaySeconds: 9 }] })),
      ['SCHEMA_VALIDATION_FAILED /States/A/Retry[0]/MaxDelaySeconds'],
    ],
    ...['a\u0000', 'a\ud800', `arn:aws:states:::activity:${'x'.repeat(9000)}`].map(
      (Resource): (typeof faults)[number] => [
        `has the resource ${JSON.stringify(Resource).slice(0, 30)}`,
        one(task({ Resource })),
        ['SCHEMA_VALIDATION_FAILED /States/A/Resource'],
      ],
    ),
    [
      'waits for an SDK call',
      one(task({ Resource: 'arn:aws:states:::aws-sdk:ssm:sendCommand.sync' })),
      ['SCHEMA_VALIDATION_FAILED /States/A/Resource'],
    ],
    [
      'gives its token to nobody',
      one(task({ Resource: 'arn:aws:states:::aws-sdk:ssm:sendCommand.waitForTaskToken' })),
      ['SCHEMA_VALIDATION_FAILED /States/A'],
    ],
    [
      'assigns what is no name',
      one({ ...pass, Assign: JSON.parse('{"__proto__": 1, "a b.$": "$", "states": 2}') }),
      ['__proto__', 'a b.$', 'states'].map((name) => `SCHEMA_VALIDATION_FAILED /States/A/Assign/${name}`),
    ],
  ];
  for (const [what, definition, expected] of faults) {
    it(`that ${what} is told where`, () => {
      assert.deepEqual(told(definition).sort(), [...expected].sort());
    });
  }
});

test('a resource that nothing here runs is warned of, and the definition taken', () => {
  const validated = validateDefinition(JSON.stringify(one(task({ Resource: 'arn:aws:states:::lambda:invoke' }))));
  assert.deepEqual(
    validated.diagnostics.map(({ severity, code }) => [severity, code]),
    [['WARNING', 'RESOURCE_NOT_SERVED']],
  );
  assert.equal(invalidDefinition(validated), null);
});

test("CreateStateMachine's text names every error with its place", () => {
  const text = invalidDefinition(validateDefinition(JSON.stringify(one({ Type: 'Pass', Next: 'B' }))));
  assert.equal(
    text,
    "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next'",
  );
  assert.equal(invalidDefinition(validateDefinition(JSON.stringify(one(pass)))), null);
});

test('no text makes the validation throw', () => {
  const states = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 5 });
  const typed = fc.tuple(fc.constantFrom('Task', 'Map', 'Parallel', 'Choice', 'Wait', 'Fail'), states);
  const machine = typed.map(([Type, fields]) => one({ ...fields, Type }));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        machine.map((value) => JSON.stringify(value)),
      ),
      (text) => {
        validateDefinition(text);
      },
    ),
  );
});
