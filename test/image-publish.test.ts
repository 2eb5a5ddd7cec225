import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Outcome, run } from '../lab/command.ts';
import { KintsugiError } from '../src/core/errors.ts';
import { type Archive, quickSteps } from './bake-flow.ts';
import { BIN } from './kintsugi.ts';
import { startWholeServer, type WholeServer } from './whole-server.ts';

/** Only root can bake; as anybody else the server refuses, which is a test of its own below. */
const skip = process.getuid?.() === 0 ? false : 'the server bakes as root';
const archive: Archive = { content: 'one' };
let server: WholeServer;
let failing = '';
let hanging = '';

before(async () => {
  const steps = quickSteps(archive, async (name, signal) => {
    if (name === hanging)
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
    if (name === failing)
      throw new KintsugiError('BootTestFailed', 'no answer \x1b[2J within 1 s', { advice: 'Look.' });
  });
  server = await startWholeServer({ runBakeStep: steps.run });
});
after(() => server.dispose());

const kintsugi = (...args: string[]): Promise<Outcome> =>
  run([BIN, ...args], { env: { ...server.env, KINTSUGI_HOME: server.env.HOME ?? '' } });
const MIRRORS = ['--mirror', 'http://deb.example', '--security-mirror', 'none'];
const publish = (family: string, ...args: string[]) =>
  kintsugi('image', 'bake', family, '--publish', ...MIRRORS, ...args);

test('a bake is published with its steps, its digest, its channel and what comes next', { skip }, async () => {
  const { status, stdout, stderr } = await publish('web', '--approve');
  assert.equal(status, 0, stderr);
  for (const state of ['Base', 'Resolve', 'Patch', 'Boot', 'Store', 'Promote to gold'])
    assert.match(stderr, new RegExp(`^\\+ ${state} `, 'm'));
  assert.match(stdout, /^Baked web@[0-9a-f]{12}, 1 update over its base\. It is gold\.\n {2}sha256:[0-9a-f]{64}\n/);
  const name = /kintsugi workflow show (web-[0-9a-f-]+)/.exec(stdout)?.[1] ?? '';
  const again = await publish('web', '--approve', '--json');
  assert.deepEqual([again.status, JSON.parse(again.stdout).Result, again.stderr], [0, 'skipped', '']);
  const shown = await kintsugi('workflow', 'show', name);
  assert.match(shown.stdout, / {2}\| {2}\+ Gate /);
  const listed = await kintsugi('workflow', 'list', '--machine', 'kintsugi-bake-golden-image', '--json');
  assert.equal(JSON.parse(listed.stdout).length, 2);
});

test('without --approve it ends where somebody has to approve, and says how', { skip }, async () => {
  const { status, stdout } = await publish('db');
  assert.equal(status, 0);
  assert.match(stdout, /^db@[0-9a-f]{12} is in staging and waits for approval\.\n/);
  assert.match(stdout, /`kintsugi image approve db@[0-9a-f]{12}` makes it gold/);
  const [waiting] = JSON.parse((await kintsugi('workflow', 'list', '--status', 'RUNNING', '--json')).stdout);
  assert.match((await kintsugi('workflow', 'show', waiting.executionArn)).stdout, /\? Request approval/);
  const next = /`kintsugi image approve (\S+)`/.exec(stdout)?.[1] ?? '';
  const approved = await kintsugi('image', 'approve', next, '--comment', 'tried');
  assert.equal(approved.status, 0, approved.stderr);
  const goldOf = async () => (await kintsugi('image', 'channels', 'db')).stdout;
  while (!/^ {2}gold /m.test(await goldOf())) await sleep(100);
  const late = await kintsugi('image', 'approve', next);
  assert.deepEqual([late.status, /No approval of db@[0-9a-f]{12} waits/.test(late.stderr)], [2, true]);
  const again = await publish('db');
  assert.match(again.stdout, /It is gold\./, 'what is gold already is not asked for again');
});

test('a step that fails is told with its reason, its exit code, and nothing that acts on a terminal', {
  skip,
}, async () => {
  failing = 'boot';
  const { status, stdout, stderr } = await publish('cache');
  failing = '';
  assert.deepEqual([status, stdout], [8, '']);
  assert.match(stderr, /^x Boot /m);
  assert.match(stderr, /kintsugi: no answer \\u\{1b\}\[2J within 1 s\n {2}Look\.\n/);
  assert.ok(!stderr.includes('\x1b'));
});

test('a bake is stopped by its name: it says what that means, and leaves neither work nor a hold', {
  skip,
}, async () => {
  hanging = 'boot';
  const started = kintsugi('image', 'bake', 'stopped', '--publish', ...MIRRORS);
  let name = '';
  for (;;) {
    const [one] = JSON.parse((await kintsugi('workflow', 'list', '--status', 'RUNNING', '--json')).stdout).filter(
      (execution: { name: string }) => execution.name.startsWith('stopped-'),
    );
    name = one?.name ?? '';
    if (name !== '' && /> Boot/.test((await kintsugi('workflow', 'show', name)).stdout)) break;
    await sleep(200);
  }
  assert.match((await kintsugi('workflow', 'list')).stdout, /`kintsugi workflow stop EXECUTION` stops one/);
  assert.match((await kintsugi('workflow', 'show', name)).stdout, new RegExp(`kintsugi workflow stop ${name}`));
  const works = () =>
    readdirSync(`${server.env.HOME}/images/.work`).filter((one) => /^stopped\.[0-9a-f]{16}$/.test(one));
  assert.equal(works().length, 1);
  const { status, stdout, stderr } = await kintsugi('workflow', 'stop', name, '--reason', 'wrong list \x1b[2J');
  hanging = '';
  assert.equal(status, 0, stderr);
  assert.match(stdout, new RegExp(`^Stopped ${name}\\.\\n.*No image is stored, and no channel moves\\.\\n$`, 's'));
  const followed = await started;
  assert.deepEqual(
    [followed.status, /The bake was stopped: wrong list \\u\{1b\}\[2J/.test(followed.stderr)],
    [8, true],
    followed.stderr,
  );
  const shown = (await kintsugi('workflow', 'show', name)).stdout;
  assert.match(shown, /ABORTED.*- Boot.*Kintsugi\.Stopped\n.*wrong list.*It was stopped:\n.*No image is stored/s);
  while (works().length > 0) await sleep(100);
  const again = await kintsugi('workflow', 'stop', name);
  assert.equal(again.status, 0, 'it is stopped');
  const anew = await publish('stopped', '--approve');
  assert.equal(anew.status, 0, anew.stderr);
  const over = await kintsugi('workflow', 'stop', /workflow show (stopped-\S+)`/.exec(anew.stdout)?.[1] ?? '');
  assert.deepEqual([over.status, /has ended already: SUCCEEDED/.test(over.stderr)], [9, true]);
});

test('a bake that waits for somebody is stopped: its image stays, and nobody is asked any more', { skip }, async () => {
  const { stdout } = await publish('unasked');
  const name = /workflow show (unasked-\S+)`/.exec(stdout)?.[1] ?? '';
  const stopped = await kintsugi('workflow', 'stop', name, '--json');
  assert.equal(stopped.status, 0, stopped.stderr);
  const { execution, means } = JSON.parse(stopped.stdout);
  assert.deepEqual([execution.status, /stays in the store and in staging/.test(means[0])], ['ABORTED', true]);
});

test('a hook is not run for a caller of the API unless the server was started for that', { skip }, async () => {
  mkdirSync(`${server.env.HOME}/h`, { recursive: true });
  const { status, stderr } = await publish('web', '--hook', BIN);
  assert.deepEqual([status, /This server runs no hooks/.test(stderr)], [9, true]);
});

test('triggers are added, listed and removed', { skip }, async () => {
  const add = (...args: string[]) => kintsugi('image', 'trigger', 'add', 'web', ...MIRRORS, ...args);
  assert.equal((await add('--schedule', 'rate(1 day)', '--json')).status, 0);
  assert.equal((await add('--drift', '--approve')).status, 0);
  for (const bad of [[], ['--drift', '--base-moved'], ['--schedule', 'soon'], ['--drift', '--time-zone', 'UTC']])
    assert.equal((await add(...bad)).status, 2, bad.join(' '));
  const listed = JSON.parse((await kintsugi('image', 'trigger', 'list', '--json')).stdout);
  assert.deepEqual(listed.map((one: { Condition: { Kind: string } }) => one.Condition.Kind).sort(), [
    'drift',
    'schedule',
  ]);
  assert.match((await kintsugi('image', 'trigger', 'list')).stdout, /web: rate\(1 day\) UTC\n/);
  for (const { TriggerId } of listed) assert.equal((await kintsugi('image', 'trigger', 'remove', TriggerId)).status, 0);
  assert.equal((await kintsugi('image', 'trigger', 'remove', '00000000')).status, 2);
});

test('an image that would not be booted is refused before anything is baked, by hand and by trigger', {
  skip,
}, async () => {
  const bake = await publish('unbooted', '--boot', 'none', '--approve');
  assert.deepEqual([bake.status, /unbooted that is not booted would not become gold/.test(bake.stderr)], [9, true]);
  assert.match(bake.stderr, /--accept-untested WHY/);
  const trigger = await kintsugi('image', 'trigger', 'add', 'unbooted', ...MIRRORS, '--drift', '--boot', 'none');
  assert.equal(trigger.status, 9);
  assert.equal((await kintsugi('image', 'promote', 'web', '--to', 'staging', '--accept-untested', 'x')).status, 2);
});

test('what is asked wrongly is told as such', { skip }, async () => {
  const cases: string[][] = [
    ['image', 'bake', '--publish'],
    ['image', 'bake', 'web', '--approve'],
    ['image', 'bake', 'web', '--family', 'db', '--publish'],
    ['workflow', 'show', 'no-such-execution'],
    ['workflow', 'show', 'arn:aws:states:x'],
    ['workflow', 'show', `arn:aws:states:eu-central-1:000000000000:execution:m:${'x'.repeat(10)}`],
    ['workflow', 'list', '--machine', '../x'],
    ['workflow', 'list', '--most', '0'],
    ['workflow', 'stop'],
    ['workflow', 'stop', 'no-such-execution'],
    ['workflow', 'stop', 'a'.repeat(5000)],
    ['workflow', 'stop', '$(reboot)'],
    ['workflow', 'stop', 'web', '--reason', ''],
    ['workflow', 'stop', 'web', '--reason', 'x'.repeat(1001)],
  ];
  for (const argv of cases) assert.equal((await kintsugi(...argv)).status, 2, argv.join(' '));
  assert.equal((await publish('../web')).status, 2);
});
