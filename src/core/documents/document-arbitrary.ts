import fc from 'fast-check';
import type { Json } from './types.ts';

/** Texts with everything that hurts in YAML, JSON and templates. */
export const hostileText = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 10 }).map((text) => text.replaceAll('\0', '').toWellFormed()),
  fc.constantFrom(
    'yes',
    'null',
    '~',
    '2.2',
    '0x10',
    '1e3',
    ': ',
    '- a',
    '{{ ssm:a }}',
    '{{ x }}',
    '__proto__',
    '\u2028',
    ' \n',
  ),
);

export const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    hostileText,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(hostileText, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

const name = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/);

const parameter = fc.oneof(
  fc.record({ type: fc.constant('String'), default: hostileText, description: hostileText }),
  fc.record({ type: fc.constant('String'), allowedValues: fc.constant(['Scan', 'Install']) }),
  fc.record({ type: fc.constant('StringList'), minItems: fc.nat(3), displayType: fc.constant('textarea') }),
  fc.record({ type: fc.constant('Boolean'), default: fc.boolean() }),
  fc.record({ type: fc.constant('Integer'), default: fc.integer() }),
  fc.record({
    type: fc.constant('StringMap'),
    default: fc.dictionary(hostileText, hostileText, { maxKeys: 3, noNullPrototype: true }),
  }),
  fc.record({
    type: fc.constant('MapList'),
    default: fc.array(fc.dictionary(hostileText, hostileText, { maxKeys: 2, noNullPrototype: true }), { maxLength: 2 }),
  }),
);

const step = fc.record({
  action: fc.constantFrom('aws:runShellScript', 'aws:runPowerShellScript', 'aws:runDocument', 'aws:downloadContent'),
  name,
  inputs: fc.dictionary(hostileText, fc.oneof(hostileText, fc.array(hostileText, { maxLength: 3 })), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
});

/** Valid documents of schema 2.2. */
export const commandDocument: fc.Arbitrary<Json> = fc.record({
  schemaVersion: fc.constant('2.2'),
  description: hostileText,
  parameters: fc.dictionary(name, parameter, { maxKeys: 5, noNullPrototype: true }),
  mainSteps: fc.uniqueArray(step, { minLength: 1, maxLength: 5, selector: (one) => one.name }),
});
