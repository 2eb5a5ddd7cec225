import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AwsError } from '../../core/aws-error.ts';
import { loadModel } from './load.ts';
import type { Model } from './model.ts';
import { matchesPattern } from './pattern.ts';
import { readInput } from './validate.ts';

const ssm = loadModel('ssm', 'node');

function refusal(operation: string, input: unknown, model: Model = ssm): string {
  try {
    readInput(model, model.operations[operation]?.input, input);
  } catch (error) {
    assert.ok(error instanceof AwsError, String(error));
    return `${error.code}: ${error.message}`;
  }
  return assert.fail('it was accepted');
}

const read = (operation: string, input: unknown) => readInput(ssm, ssm.operations[operation]?.input, input);

describe('the check of an input against the model', () => {
  it('says what is missing', () => {
    assert.equal(
      refusal('CreatePatchBaseline', {}),
      "ValidationException: 1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    );
  });

  it('counts several errors and joins them', () => {
    assert.equal(
      refusal('CreatePatchBaseline', { Name: 'a b', OperatingSystem: 'BEOS', Description: '' }),
      "ValidationException: 3 validation errors detected: Value 'BEOS' at 'operatingSystem' failed to satisfy constraint: " +
        'Member must satisfy enum value set: [WINDOWS, AMAZON_LINUX, AMAZON_LINUX_2, AMAZON_LINUX_2022, UBUNTU, REDHAT_ENTERPRISE_LINUX, SUSE, CENTOS, ORACLE_LINUX, DEBIAN, MACOS, RASPBIAN, ROCKY_LINUX, ALMA_LINUX, AMAZON_LINUX_2023]; ' +
        "Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9_\\-.]{3,128}$; " +
        "Value '' at 'description' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  });

  it('names the place inside lists and structures as AWS does', () => {
    assert.equal(
      refusal('DescribeParameters', { ParameterFilters: [{ Key: 'Name' }, { Key: 'Shape', Values: ['x'] }] }),
      "ValidationException: 1 validation error detected: Value 'Shape' at 'parameterFilters.2.member.key' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: ^(tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType)$',
    );
  });

  it('shows a list of scalars as a whole with every constraint of its members', () => {
    assert.equal(
      refusal('LabelParameterVersion', { Name: 'n', Labels: [''] }),
      "ValidationException: 1 validation error detected: Value '[]' at 'labels' failed to satisfy constraint: Member must satisfy constraint: " +
        '[Member must have length less than or equal to 100, Member must have length greater than or equal to 1]',
    );
  });

  it('shows structures and maps as Java does', () => {
    const tags = Array.from({ length: 1001 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }));
    const text = refusal('AddTagsToResource', { ResourceType: 'PatchBaseline', ResourceId: 'pb-1', Tags: tags });
    assert.match(text, /Value '\[Tag\(key=k0, value=v\), Tag\(key=k1, value=v\), /);
    assert.match(
      text,
      /\.\.\.' at 'tags' failed to satisfy constraint: Member must have length less than or equal to 1000$/,
    );
  });

  it('compares numbers by value', () => {
    assert.match(
      refusal('DescribePatchGroups', { MaxResults: 101 }),
      /Value '101' at 'maxResults' .* value less than or equal to 100$/,
    );
    assert.match(refusal('DescribePatchGroups', { MaxResults: 0 }), /value greater than or equal to 1$/);
  });

  it('never shows a sensitive value', () => {
    const secret = 'correct horse battery staple';
    const source = { Name: 'x', Products: ['*'], Configuration: secret.repeat(100) };
    const text = refusal('CreatePatchBaseline', { Name: 'abc', Sources: [source] });
    assert.match(
      text,
      /Value at 'sources\.1\.member\.configuration' failed to satisfy constraint: Member must have length less/,
    );
    assert.doesNotMatch(text, /horse/);
    const whole = refusal('CreatePatchBaseline', { Name: 'abc', Sources: Array.from({ length: 21 }, () => source) });
    assert.match(whole, /configuration=\*\*\*Sensitive Data Redacted\*\*\*/);
    assert.doesNotMatch(whole, /horse/);
  });

  it('refuses other JSON types as a serialization matter', () => {
    assert.equal(
      refusal('CreatePatchBaseline', { Name: 5 }),
      'SerializationException: NUMBER_VALUE can not be converted to a String',
    );
    assert.equal(
      refusal('DescribePatchGroups', { MaxResults: '5' }),
      'SerializationException: STRING_VALUE can not be converted to an Integer',
    );
    const wrong: [string, unknown][] = [
      ['CreatePatchBaseline', { Name: ['abc'] }],
      ['CreatePatchBaseline', { Name: 'abc', Tags: { Key: 'a' } }],
      ['CreatePatchBaseline', { Name: 'abc', Tags: ['a'] }],
      ['CreatePatchBaseline', { Name: 'abc', ApprovedPatchesEnableNonSecurity: 'true' }],
      ['SendCommand', { DocumentName: 'abc', Parameters: [] }],
      ['DescribePatchGroups', { MaxResults: 1.5 }],
      ['DescribePatchGroups', { MaxResults: 2 ** 40 }],
      ['DescribePatchGroups', []],
      ['DescribePatchGroups', null],
      ['DescribePatchGroups', 'text'],
    ];
    for (const [operation, input] of wrong) assert.match(refusal(operation, input), /^SerializationException: /);
  });

  it('takes null as absent and leaves unknown members out', () => {
    assert.deepEqual(read('DescribePatchGroups', { MaxResults: null, Colour: 'red', __proto__: null }), {});
    assert.match(refusal('GetPatchBaseline', { BaselineId: null }), /Value null at 'baselineId'/);
    assert.match(
      refusal('DescribeInstancePatchStates', { InstanceIds: [null] }),
      /Value null at 'instanceIds\.1\.member'/,
    );
  });

  it('reads timestamps as dates and blobs as bytes', () => {
    const activation = read('CreateActivation', { IamRole: 'r', ExpirationDate: 1_700_000_000.5 });
    assert.deepEqual(activation.ExpirationDate, new Date(1_700_000_000_500));
    const text = read('CreateActivation', { IamRole: 'r', ExpirationDate: '2026-01-02T03:04:05Z' });
    assert.deepEqual(text.ExpirationDate, new Date('2026-01-02T03:04:05Z'));
    for (const date of ['tomorrow', 1e18, '2026-13-01T00:00:00Z', true]) {
      assert.match(refusal('CreateActivation', { IamRole: 'r', ExpirationDate: date }), /^SerializationException: /);
    }
  });

  it('keeps what no database can hold out of strings and keys, in lists too', () => {
    const map = (key: string) => ({ InstanceId: 'i-1', Items: [], DocumentName: 'abc', Parameters: { [key]: ['v'] } });
    assert.match(refusal('CreatePatchBaseline', { Name: 'ab\0c' }), /Value 'ab\\u0000c' at 'name' .*U\+0000/);
    assert.match(refusal('CreatePatchBaseline', { Name: 'abc', Description: '\ud800' }), /well-formed Unicode/);
    assert.match(refusal('LabelParameterVersion', { Name: 'n', Labels: ['a\0'] }), /U\+0000/);
    assert.match(refusal('SendCommand', map('a\0')), /Map keys must satisfy constraint: .*U\+0000/);
  });

  it('keeps a map key that JavaScript would take for something else', () => {
    const input = JSON.parse('{"DocumentName":"abc","Parameters":{"__proto__":["a"],"constructor":["b"]}}');
    const { Parameters } = read('SendCommand', input) as { Parameters: Record<string, unknown> };
    assert.deepEqual(Object.keys(Parameters), ['__proto__', 'constructor']);
    assert.equal(Object.getPrototypeOf(Parameters), Object.prototype);
  });

  it('answers any JSON for any operation with a value or an AwsError of the two codes', () => {
    const operations = fc.constantFrom(...Object.keys(ssm.operations));
    const inputOf = (operation: string) => {
      const shape = ssm.shapes[ssm.operations[operation]?.input ?? ''];
      const names = shape?.type === 'structure' ? Object.keys(shape.members) : [];
      return fc.dictionary(fc.constantFrom('Unknown', ...names), fc.jsonValue({ maxDepth: 4 }));
    };
    const cases = operations.chain((operation) => fc.tuple(fc.constant(operation), inputOf(operation)));
    fc.assert(
      fc.property(cases, ([operation, input]) => {
        try {
          read(operation, input);
        } catch (error) {
          assert.ok(error instanceof AwsError, String(error));
          assert.match(error.code, /^(?:Validation|Serialization)Exception$/);
          assert.ok(error.message.length < 200_000);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('knows every shape that the models name, and compiles every pattern', () => {
    for (const model of [ssm, loadModel('ec2messages')]) {
      const named = Object.values(model.operations).flatMap(({ input, output }) => [input, output]);
      for (const shape of Object.values(model.shapes)) {
        if (shape.type === 'structure') named.push(...Object.values(shape.members));
        if (shape.type === 'list') named.push(shape.member);
        if (shape.type === 'map') named.push(shape.key, shape.value);
      }
      for (const name of named) assert.ok(name === undefined || model.shapes[name], name);
      for (const shape of Object.values(model.shapes)) {
        if (shape.type !== 'string' || shape.pattern === undefined) continue;
        assert.equal(typeof matchesPattern(shape.pattern, '\u2028\u0001'), 'boolean');
      }
    }
  });

  it('is done soon with long strings that a pattern could stumble over', () => {
    const long = ' '.repeat(200_000);
    assert.match(refusal('CreatePatchBaseline', { Name: long, Description: long }), /less than or equal to 128/);
    assert.match(refusal('CreatePatchBaseline', { Name: `s3://${'a'.repeat(200_000)}` }), /less than or equal to 128/);
  });
});
