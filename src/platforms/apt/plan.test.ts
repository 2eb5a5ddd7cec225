import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AvailableUpdate } from '../../core/compliance/inventory.ts';
import { installed, updateOf } from '../../core/compliance/inventory-arbitrary.ts';
import { captured } from './fixture-for-tests.ts';
import { composePlan, inSteps, parseActions, parsePlan, parseSpace, STEP_SIZE } from './plan.ts';

const lines = (text: string, start: RegExp) =>
  text
    .split('\n')
    .filter((line) => start.test(line))
    .join('\n');

test('every change of a real simulation is read', () => {
  const text = lines(captured('apt-get-simulate.txt'), /^(Inst|Remv) /);
  const { actions, unread } = parseActions(text);
  assert.deepEqual(unread, []);
  assert.equal(actions.length, text.split('\n').length);
  const of = (name: string) => actions.find((action) => action.name === name);
  assert.deepEqual(of('perl'), {
    name: 'perl',
    architecture: 'amd64',
    from: '5.36.0-7+deb12u3',
    to: '5.36.0-7+deb12u4',
  });
  assert.deepEqual(of('linux-image-6.1.0-56-amd64'), {
    name: 'linux-image-6.1.0-56-amd64',
    architecture: 'amd64',
    from: null,
    to: '6.1.192-2',
  });
  assert.deepEqual(of('tzdata'), {
    name: 'tzdata',
    architecture: 'all',
    from: '2026f-0+deb12u1',
    to: '2026b-0+deb12u1',
  });
  assert.equal(of('bind9')?.to, '1:9.18.49-1~deb12u3');
});

test('a removal is read, with its architecture where apt names it', () => {
  const { actions, unread } = parseActions(lines(captured('apt-get-simulate-remove.txt'), /^(Inst|Remv) /));
  assert.deepEqual(unread, []);
  assert.deepEqual(
    actions.map(({ name, architecture, from, to }) => [name, architecture, from, to]),
    [
      ['nginx-light', '', '1.22.1-9+deb12u9', null],
      ['libnginx-mod-http-echo', '', '1:0.63-4', null],
      ['libssl3', 'i386', '3.0.20-1~deb12u2', null],
      ['nginx', '', '1.22.1-9+deb12u9', null],
      ['nginx-common', '', '1.22.1-9+deb12u9', null],
    ],
  );
});

const readable: [string, string][] = [
  ['Inst libc6:i386 [2.36-9] (2.36-9+deb12u14 Debian:12.15/oldstable [i386]) []', 'libc6:i386 2.36-9 2.36-9+deb12u14'],
  ['Inst curl [7.88] (8.0 localhost [amd64])', 'curl:amd64 7.88 8.0'],
  ['Inst curl (8.0  [all]) [bash:amd64 on curl:amd64]', 'curl:all null 8.0'],
  ['Inst curl [7.88] (8.0 Debian:12/x, Debian-Security:12/y [amd64])', 'curl:amd64 7.88 8.0'],
  ['Purg curl [7.88]', 'curl: 7.88 null'],
];
for (const [line, expected] of readable) {
  test(`the line ${line} is read`, () => {
    const { actions, unread } = parseActions(line);
    assert.deepEqual(unread, []);
    assert.deepEqual(
      actions.map((one) => `${one.name}:${one.architecture} ${one.from} ${one.to}`),
      [expected],
    );
  });
}

for (const line of [
  'Inst curl',
  'Inst curl [7.88] (8.0)',
  'Remv curl',
  'Inst  (8.0 x [amd64])',
  'Conf curl (8.0 x [amd64])',
  'E: no',
]) {
  test(`the line ${line} is answered as unread`, () =>
    assert.deepEqual(parseActions(line), { actions: [], unread: [line] }));
}

test('no text makes it throw, and every line is read or told', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 10 }),
    fc.constantFrom('\n', 'Inst curl ', 'Remv curl ', '[7.88] ', '(8.0 x [amd64])', '[]', ' ', ']'),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      const { actions, unread } = parseActions(text);
      assert.equal(actions.length + unread.length, text.split('\n').filter((line) => line !== '').length);
    }),
  );
});

const NONCE = 'ab'.repeat(16);
const printed = (name: string, text: string, code: number) => `\n@@${NONCE} ${name}\n${text}\n@@${NONCE} end ${code}\n`;
const inst = 'Inst curl [7.88] (8.0 x [amd64])\n';

test('a plan tells what the whole and each alone would do', () => {
  const answer = parsePlan(
    printed('all', '', 123) +
      printed(
        'all-errors',
        'Reading…\nE: Packages need to be removed but remove is disabled.\nE: Broken packages\n',
        0,
      ) +
      printed('one curl:amd64=8.0', inst, 0) +
      printed('one bash:amd64=5.3', '', 123) +
      printed('space', '/\t100\n/boot\tmuch\n/var\t7\n', 0) +
      printed('done', '', 0),
    NONCE,
  );
  assert.equal(answer?.all.actions, null);
  assert.equal(answer?.all.message, 'E: Packages need to be removed but remove is disabled. E: Broken packages');
  assert.equal(answer?.each.get('curl:amd64=8.0')?.actions?.length, 1);
  assert.deepEqual(answer?.each.get('bash:amd64=5.3'), { actions: null, message: 'apt refused it without a word' });
  assert.deepEqual(answer?.space, [
    { mount: '/', freeKiB: 100 },
    { mount: '/var', freeKiB: 7 },
  ]);
});

test('what cannot be read could be a removal: then there is no plan', () => {
  const answer = parsePlan(printed('all', `${inst}Remv\n`, 0) + printed('done', '', 0), NONCE);
  assert.equal(answer?.all.actions, null);
  assert.match(answer?.all.message ?? '', /cannot be read: "Remv"/);
});

test('an answer that was cut off is none', () => {
  assert.equal(parsePlan(printed('all', inst, 0), NONCE), null);
  assert.equal(parsePlan('', NONCE), null);
  assert.equal(parsePlan(printed('done', '', 0), NONCE)?.all.actions, null);
});

test('only names and versions that Debian allows become words of the script', () => {
  const request = { nonce: NONCE, root: null, full: false, each: false };
  const wanted = [{ name: 'curl', architecture: 'amd64', version: '8.0' }];
  assert.match(composePlan({ ...request, wanted }), /^WANTED='curl:amd64=8\.0'$/m);
  assert.throws(() => composePlan({ ...request, wanted: [{ name: '-o', architecture: 'amd64', version: '8.0' }] }));
});

test('free space that is no number is left out', () => {
  assert.deepEqual(parseSpace('/\t1\n/x\t-1\n\t5\n/y\n/z\t1.5\n'), [{ mount: '/', freeKiB: 1 }]);
});

const from = (source: string, count: number) =>
  Array.from({ length: count }, (_, index) => updateOf(installed({ name: `${source}-${index}`, source })));

test('dpkg and apt come first, each source in one step, steps as full as that allows', () => {
  const steps = inSteps([
    ...from('zlib', 2),
    ...from('perl', 24),
    ...from('apt', 3),
    ...from('dpkg', 1),
    ...from('acl', 2),
    ...from('linux', 30),
  ]);
  assert.deepEqual(
    steps.map((step) => [...new Set(step.map(({ source }) => source))]),
    [['dpkg', 'apt'], ['acl'], ['linux'], ['perl'], ['zlib']],
  );
});

test('without dpkg and apt the first step is like any other', () => {
  assert.deepEqual(
    inSteps([...from('b', 2), ...from('a', 2)]).map((step) => step.length),
    [4],
  );
  assert.deepEqual(inSteps([]), []);
});

test('steps hold every package once, tools first, a source together, and no more than a step may', () => {
  const sources = fc.constantFrom('dpkg', 'apt', 'python-apt', 'perl', 'glibc', 'acl', 'zlib');
  const updates: fc.Arbitrary<AvailableUpdate[]> = fc
    .array(fc.tuple(sources, fc.constantFrom(1, 1, 2, 12, 40)), { maxLength: 8 })
    .map((list) =>
      list.flatMap(([source, count], index) =>
        from(source, count).map((one) => ({ ...one, name: `${one.name}-${index}` })),
      ),
    );
  fc.assert(
    fc.property(updates, (list) => {
      const steps = inSteps(list);
      const names = (of: readonly AvailableUpdate[]) => of.map(({ name }) => name).sort();
      assert.deepEqual(names(steps.flat()), names(list));
      const isTool = ({ source }: AvailableUpdate) => ['dpkg', 'apt', 'python-apt'].includes(source);
      const order = steps.flat().map(isTool);
      assert.equal(order.includes(true) ? order.lastIndexOf(true) + 1 : 0, list.filter(isTool).length);
      for (const step of steps) {
        assert.ok(step.length > 0);
        assert.ok(step.every(isTool) || !step.some(isTool));
        assert.ok(step.length <= STEP_SIZE || new Set(step.map(({ source }) => source)).size === 1);
      }
      for (const source of new Set(list.map((one) => one.source))) {
        assert.equal(steps.filter((step) => step.some((one) => one.source === source)).length, 1);
      }
    }),
  );
});
