import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { recipeOf } from '../../../../test/bake-flow.ts';
import { predefinedFor } from '../../../core/baselines/predefined.ts';
import { KintsugiError } from '../../../core/errors.ts';
import { readOrder } from './order.ts';

const Recipe = recipeOf('web');
const hook = { name: 'h.sh', text: 'id', timeoutSeconds: 1, network: false };

function codeOf(input: unknown, allowHooks = false): string {
  try {
    readOrder(input, allowHooks);
    return 'ok';
  } catch (error) {
    assert.ok(error instanceof KintsugiError, String(error));
    return error.code;
  }
}

test('an order is whole with a recipe alone, and takes a baseline as text', () => {
  assert.equal(codeOf({ Recipe }), 'ok');
  const Text = JSON.stringify(predefinedFor('DEBIAN'));
  const { baseline } = readOrder({ Recipe, Bake: { Baseline: { From: 'pb', Text } } }, false);
  assert.deepEqual([baseline?.from, baseline?.baseline.OperatingSystem], ['pb', 'DEBIAN']);
});

test('what leads elsewhere, runs something or is too much is refused', () => {
  const suite = Recipe.base;
  const cases: [unknown, string][] = [
    [null, 'Usage'],
    [{}, 'Usage'],
    [{ Recipe, Bake: { Home: '/etc' } }, 'Usage'],
    [{ Recipe, Bake: { BootTimeoutSeconds: 1e9 } }, 'Usage'],
    [{ Recipe, Bake: { Baseline: { From: 'x', Text: 'a: [' } } }, 'BaselineInvalid'],
    [{ Recipe, Bake: { Baseline: { From: 'x', Text: 'x'.repeat(200_000) } } }, 'Usage'],
    [{ Recipe: { ...Recipe, family: '../../etc' } }, 'Usage'],
    [{ Recipe: { ...Recipe, family: '.work' } }, 'Usage'],
    [{ Recipe: { ...Recipe, include: ['--hook=x'] } }, 'Usage'],
    [{ Recipe: { ...Recipe, hooks: [hook] } }, 'Permission'],
    [{ Recipe: { ...Recipe, base: { ...suite, keyring: '/tmp/mine.gpg' } } }, 'Usage'],
    [{ Recipe: { ...Recipe, base: { ...suite, keyring: '/usr/share/keyrings/../../tmp/mine.gpg' } } }, 'Usage'],
    [{ Recipe: { ...Recipe, base: { ...suite, main: 'http://x main [trusted=yes]' } } }, 'Usage'],
    [{ Recipe: { ...Recipe, base: { kind: 'image', family: 'web', digest: '../x' } } }, 'Usage'],
  ];
  for (const [input, code] of cases) assert.equal(codeOf(input), code, JSON.stringify(input)?.slice(0, 200));
  assert.equal(codeOf({ Recipe: { ...Recipe, hooks: [hook] } }, true), 'ok');
});

test('whatever comes is read or refused by name', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.record({ Recipe: fc.jsonValue(), Bake: fc.jsonValue() })), (input) => {
      codeOf(input);
    }),
  );
});
