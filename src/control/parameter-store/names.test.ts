import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkName, checkPath, isLabel, parameterArn, readReference, rooted } from './names.ts';

const place = { region: 'eu-west-1', account: '000000000000' };
const segment = fc
  .string({ unit: fc.constantFrom(...'abzAZ09_.-'), minLength: 1, maxLength: 8 })
  .filter((text) => !/^(?:aws|ssm)/i.test(text));
const path = fc.array(segment, { minLength: 1, maxLength: 15 }).map((parts) => `/${parts.join('/')}`);
const name = fc.oneof(path, segment);

test('every name of the rules is taken as it is, with spaces around it or not', () => {
  fc.assert(
    fc.property(name, (text) => {
      assert.equal(checkName(place, text), text);
      assert.equal(checkName(place, ` ${text}  `), text);
    }),
  );
});

test('names outside the rules are refused with the words of the service', () => {
  const table: [string, string, RegExp][] = [
    ['aws-x', 'ValidationException', /can't be prefixed with "aws" or "ssm"/],
    ['/SSMx', 'ValidationException', /can't be prefixed with "aws" or "ssm"/],
    ['/aws/service/x', 'AccessDeniedException', /^No access to reserved parameter name: \/aws\/service\/x\.$/],
    ['/AwsX/y', 'AccessDeniedException', /reserved/],
    ['/ssm/x', 'ValidationException', /can't be prefixed with "ssm"/],
    ['a/b', 'ValidationException', /fully qualified/],
    ['a b', 'ValidationException', /sub-paths/],
    ['/a//b', 'ValidationException', /sub-paths/],
    ['/a/', 'ValidationException', /must not end with slash/],
    ['', 'ValidationException', /sub-paths/],
    ['a\0', 'ValidationException', /sub-paths/],
    ['ä', 'ValidationException', /sub-paths/],
    ['a:1', 'ValidationException', /sub-paths/],
    ['x'.repeat(967), 'ValidationException', /1011/],
    [`${'/a'.repeat(16)}`, 'HierarchyLevelLimitExceededException', /15 levels/],
  ];
  for (const [text, code, message] of table) assert.throws(() => checkName(place, text), { code, message }, text);
  assert.equal(checkName(place, 'x'.repeat(966)).length, 966);
});

test('a name, its version or label, and its ARN are read back', () => {
  fc.assert(
    fc.property(name, fc.option(fc.oneof(fc.nat().map(String), fc.constant('prod.1'))), (text, word) => {
      const selector = word === null ? '' : `:${word}`;
      const direct = readReference(place, text + selector);
      const byArn = readReference(place, parameterArn(place, text) + selector);
      assert.deepEqual(direct?.names, [text]);
      assert.equal(direct?.selector, selector);
      assert.ok(byArn?.names.includes(text));
      assert.deepEqual(byArn?.version, direct?.version);
    }),
  );
});

test('references to what no parameter can be are none', () => {
  const others = ['a:1:2', 'a:', 'a:ssmx', 'a:1x', 'a\0', 'a b', 'a:9999999999999999', '', ':1'];
  const elsewhere = ['arn:aws:ssm:us-east-1:000000000000:parameter/a', 'arn:aws:ssm:eu-west-1:1:parameter/a'];
  for (const text of [...others, ...elsewhere, 'arn:aws:s3:eu-west-1:000000000000:parameter/a'])
    assert.equal(readReference(place, text), null, text);
});

test('labels begin neither with a digit nor with a reserved word', () => {
  for (const label of ['prod', 'a', '-x', '.1', '_', 'x'.repeat(100), 'Aw']) assert.equal(isLabel(label), true, label);
  for (const label of ['1a', 'aws', 'AWSome', 'ssm-1', '', 'a b', 'a/b', 'x'.repeat(101), 'ä'])
    assert.equal(isLabel(label), false, label);
});

test('a path is read without the slash at its end, and the root as nothing', () => {
  fc.assert(fc.property(path, (text) => assert.equal(checkPath(`${text}/`), rooted(text))));
  assert.equal(checkPath('/'), '');
  for (const text of ['a', 'a/b', '//', '/a//b', '/ä', ''])
    assert.throws(() => checkPath(text), { code: 'ValidationException' }, text);
});
