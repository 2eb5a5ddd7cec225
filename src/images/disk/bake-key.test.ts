import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BakeInputs, bakeKey } from './bake-key.ts';
import { checkRecipe } from './recipe.ts';

const hook = (text: string) => ({ name: 'h', text, timeoutSeconds: 1, network: false });
const RECIPE = checkRecipe({
  family: 'web',
  base: { kind: 'image', family: 'web', digest: 'a'.repeat(64) },
  include: [],
  hooks: [hook('one'), hook('two')],
  checks: {},
  format: 'raw',
  boot: 'nspawn',
});
const one = { name: 'apt', architecture: 'amd64', version: '1' };
const two = { name: 'zip', architecture: 'amd64', version: '2' };
const INPUTS: BakeInputs = {
  recipe: RECIPE,
  baseDigest: 'b',
  packages: [one, two],
  decisions: [{ ...two, version: '3', state: 'MISSING' }],
  tools: ['tar=1'],
};
const KEY = bakeKey(INPUTS);

const CHANGES: ReadonlyArray<readonly [what: string, inputs: BakeInputs]> = [
  ['another base', { ...INPUTS, baseDigest: 'c' }],
  ['another version of a package', { ...INPUTS, packages: [one, { ...two, version: '2.1' }] }],
  ['a package fewer', { ...INPUTS, packages: [one] }],
  ['another decision of the baseline', { ...INPUTS, decisions: [{ ...two, version: '3', state: 'INSTALLED_OTHER' }] }],
  ['another update on offer', { ...INPUTS, decisions: [{ ...two, version: '4', state: 'MISSING' }] }],
  ['another text of a hook', { ...INPUTS, recipe: { ...RECIPE, hooks: [hook('one'), hook('2')] } }],
  ['hooks in another order', { ...INPUTS, recipe: { ...RECIPE, hooks: [hook('two'), hook('one')] } }],
  ['another version of a tool', { ...INPUTS, tools: ['tar=2'] }],
];
for (const [what, inputs] of CHANGES) {
  test(`${what} makes another content and another bake`, () => {
    assert.notEqual(bakeKey(inputs).content, KEY.content);
    assert.notEqual(bakeKey(inputs).bake, KEY.bake);
  });
}

test('another format or boot test is another bake of the same content', () => {
  for (const recipe of [
    { ...RECIPE, format: 'qcow2' as const },
    { ...RECIPE, boot: 'qemu' as const },
    { ...RECIPE, checks: { ...RECIPE.checks, Ports: [22] } },
  ]) {
    const key = bakeKey({ ...INPUTS, recipe });
    assert.equal(key.content, KEY.content);
    assert.notEqual(key.bake, KEY.bake);
  }
});

test('the order in which packages and decisions are found does not matter', () => {
  const versions = fc.array(
    fc.record({ name: fc.constantFrom('a', 'b', 'c'), architecture: fc.constant('amd64'), version: fc.string() }),
  );
  fc.assert(
    fc.property(versions, (packages) => {
      assert.deepEqual(bakeKey({ ...INPUTS, packages }), bakeKey({ ...INPUTS, packages: [...packages].reverse() }));
    }),
  );
});
