import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWeaker } from './evidence.ts';

type Boot = Parameters<typeof isWeaker>[0];
const boot = (mode: 'nspawn' | 'qemu' | 'qemu-uefi', ...names: string[]): Boot => {
  const checks = names.map((name) => ({ name, passed: true, detail: '' }));
  return { mode, passed: true, kernel: null, seconds: 1, checks };
};

for (const [what, fresh, kept, weaker] of [
  ['no boot than one in a container', null, boot('nspawn'), true],
  ['a container than a machine', boot('nspawn', 'a', 'b'), boot('qemu'), true],
  ['a machine than a container', boot('qemu'), boot('nspawn', 'a'), false],
  ['UEFI than BIOS', boot('qemu-uefi'), boot('qemu'), false],
  ['fewer of the same checks', boot('nspawn', 'a'), boot('nspawn', 'a', 'b'), true],
  ['other checks', boot('nspawn', 'c'), boot('nspawn', 'a', 'b'), false],
  ['the same again', boot('nspawn', 'a'), boot('nspawn', 'a'), false],
  ['nothing than nothing', null, null, false],
] as const) {
  test(`${what}: ${weaker ? 'says less' : 'does not say less'}`, () => {
    assert.equal(isWeaker(fresh, kept), weaker);
  });
}
