import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../json.ts';
import { evaluateChoice } from './choice/evaluate.ts';
import { instantOf } from './choice/timestamp.ts';
import { checkJsonata, evaluateJsonata } from './jsonata/evaluate.ts';
import { checkPath, checkReferencePath, evaluatePath } from './path.ts';
import { placeAt } from './result-path.ts';
import { checkIntrinsic, evaluateStringExpression } from './string-expression.ts';
import { evaluateTemplate } from './template.ts';
import type { Scope } from './types.ts';

const random = (): number => 0.5;
const options = { field: 'Output', random, now: new Date('2026-01-01T00:00:00Z') };

const json = fc.jsonValue() as fc.Arbitrary<Json>;
const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'a b', "it's", '$', '.', '\\'));
const piece = fc.constantFrom(
  ...[
    '$',
    '$$',
    '.',
    '..',
    '*',
    '[',
    ']',
    '?',
    '(',
    ')',
    '@',
    "'",
    '"',
    ',',
    ':',
    '-1',
    '0',
    'a',
    ' ',
    '==',
    '&&',
    '!',
  ],
  ...['/x/', '=~', 'in', 'States.Format', 'States.Array', 'States.MathAdd', '{}', '\\', 'true', 'null', '{%', '%}'],
);
const pieces = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));

function scopeOf(input: Json): Scope {
  return { input, context: {}, variables: {} };
}

function quoted(name: string): string {
  return `['${name.replace(/[\\']/g, '\\$&')}']`;
}

test('nothing that is written as an expression makes evaluation or checking throw', async () => {
  await fc.assert(
    fc.asyncProperty(pieces, json, async (text, input) => {
      const scope = scopeOf(input);
      const made = [
        evaluatePath(`$${text}`, scope, 'v.$'),
        evaluateStringExpression(text, scope, random, 'v.$'),
        evaluateTemplate({ 'v.$': text }, scope, random),
        placeAt(`$${text}`, input, 1),
        evaluateChoice({ Variable: `$${text}`, StringMatches: text }, scope),
        await evaluateJsonata(`{%${text}%}`, scope, options),
      ];
      for (const one of made) assert.ok(one.ok || one.error.startsWith('States.'));
      for (const check of [checkPath, checkReferencePath, checkIntrinsic, checkJsonata]) check(text);
    }),
    { numRuns: 300 },
  );
});

test('what was placed at a path is found there', () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), json, (names, value) => {
      const path = `$${names.map(quoted).join('')}`;
      const placed = placeAt(path, {}, value);
      assert.ok(placed.ok, path);
      assert.deepEqual(evaluatePath(path, scopeOf(placed.value), 'v.$'), { ok: true, value });
    }),
  );
});

test('placing keeps all else, and the target itself', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json, { noNullPrototype: true }), json, (target, value) => {
      const before = structuredClone(target);
      const placed = placeAt("$['of ours'].inner", target, value);
      assert.deepEqual(target, before);
      if ('of ours' in target) return;
      assert.deepEqual(placed, { ok: true, value: { ...target, 'of ours': { inner: value } } });
    }),
  );
});

test('a template without expressions comes to itself, in both languages', async () => {
  await fc.assert(
    fc.asyncProperty(json, async (template) => {
      if (/\.\$"|\{%/.test(JSON.stringify(template))) return;
      const made = [
        evaluateTemplate(template, scopeOf(null), random),
        await evaluateJsonata(template, scopeOf(null), options),
      ];
      for (const one of made) assert.equal(one.ok && JSON.stringify(one.value), JSON.stringify(template));
    }),
  );
});

test('what JSONata is given it gives back as it was', async () => {
  await fc.assert(
    fc.asyncProperty(json, async (value) => {
      const made = await evaluateJsonata('{% $states.input %}', scopeOf(value), options);
      assert.equal(made.ok && JSON.stringify(made.value), JSON.stringify(value));
    }),
  );
});

test('a wildcard finds the values of a definite path for each member', () => {
  fc.assert(
    fc.property(fc.array(json), (list) => {
      assert.deepEqual(evaluatePath('$[*]', scopeOf(list), 'v.$'), { ok: true, value: list });
      for (const [at, value] of list.entries()) {
        assert.deepEqual(evaluatePath(`$[${at}]`, scopeOf(list), 'v.$'), { ok: true, value });
        assert.deepEqual(evaluatePath(`$[${at - list.length}]`, scopeOf(list), 'v.$'), { ok: true, value });
      }
    }),
  );
});

test('timestamps are instants: the same moment in any offset is equal', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      fc.integer({ min: -12, max: 12 }),
      (date, hours) => {
        const shifted = new Date(date.getTime() + hours * 3_600_000).toISOString().slice(0, -1);
        const zone = `${hours < 0 ? '-' : '+'}${String(Math.abs(hours)).padStart(2, '0')}:00`;
        assert.equal(instantOf(shifted + zone), BigInt(date.getTime()) * 1_000_000n);
        const rule = { Variable: '$', TimestampEquals: date.toISOString() };
        assert.deepEqual(evaluateChoice(rule, scopeOf(shifted + zone)), { ok: true, value: true });
      },
    ),
  );
});
