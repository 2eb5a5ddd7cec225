import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { newAmi } from './image-world.ts';
import { type Kintsugi, kintsugi } from './kintsugi.ts';
import { startTestServer, type TestServer } from './server.ts';

let server: TestServer;
let command: Kintsugi;
const cleanups: (() => unknown)[] = [];
before(async () => {
  server = await startTestServer();
  command = await kintsugi({ after: (clean: () => unknown) => void cleanups.push(clean) } as never);
});
after(async () => {
  for (const clean of cleanups) await clean();
  await server.dispose();
});

const image = (...args: string[]) => command.run(['image', ...args], server.env);
const [first, second] = [newAmi(), newAmi()];

it('takes an image from its registration to gold, and tells the next step each time', async () => {
  assert.match((await image('channels')).stdout, /No channel points to an image yet/);
  const registered = await image('register', `web@${first}`, '--parent', 'none');
  assert.equal(registered.status, 0, registered.stderr);
  assert.match(registered.stdout, new RegExp(`Next: kintsugi image promote web@${first} --to staging`));
  assert.match((await image('promote', 'web', '--to', 'staging')).stdout, /Next: kintsugi image promote web --to gold/);
  const gold = await image('promote', 'web', '--to', 'gold', '--expected', 'none');
  assert.match(gold.stdout, /gold of web is ami-\w+: version 1\.\n {2}Published as \/images\/web\/gold\.\n {2}Next: /);
  const lost = await image('promote', `web@${first}`, '--to', 'gold', '--expected', second);
  assert.equal(lost.status, 0, 'it points there already');
});

it('refuses with a code and what to do, for a person and for a program', async () => {
  await image('register', `web@${second}`, '--parent', first);
  const lost = await image('promote', `web@${second}`, '--to', 'gold', '--expected', 'none');
  assert.equal(lost.status, 9);
  assert.match(lost.stderr, /points to ami-\w+, not to nothing\.\n {2}Nothing was moved/);
  const json = await image('promote', `web@${second}`, '--to', 'gold', '--expected', 'none', '--json');
  assert.equal(JSON.parse(json.stdout).error.code, 'ChannelMoved');
  assert.equal((await image('promote', 'web@ffff', '--to', 'gold')).status, 2);
  assert.equal((await image('promote', '../etc', '--to', 'gold')).status, 2);
  assert.equal((await image('promote', 'web', '--to', 'production')).status, 2);
  assert.equal((await image('revoke', `web@${first}`)).status, 2, 'a reason is needed');
  assert.equal((await image('approve', 'none')).status, 2);
  assert.equal((await image('rollout', 'nothing', '--to', 'asg')).status, 9);
  const viewer = await server.newKey('viewer');
  const env = { ...server.env, AWS_ACCESS_KEY_ID: viewer.accessKeyId, AWS_SECRET_ACCESS_KEY: viewer.secretAccessKey };
  assert.equal((await command.run(['image', 'channels'], env)).status, 0);
  assert.equal((await command.run(['image', 'revoke', `web@${first}`, '--reason', 'x'], env)).status, 7);
});

it('follows nothing where it is told to detach, and names the execution', async () => {
  const { status, stdout } = await image('rollout', 'web', '--to', 'web-asg', '--detach');
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^Rolls out: ami-\w+, gold of web, to the Auto Scaling group web-asg\.\n {2}web-ami-\S+: `kintsugi workflow show web-ami-/,
  );
});

it('says what a revocation does: what fell with it, where gold is, what still runs', async () => {
  await image('promote', `web@${second}`, '--to', 'gold');
  const stranger = await image('revoke', `sha256:${'0'.repeat(64)}`, '--reason', 'mistyped');
  assert.match(stranger.stdout, /No image of this name is registered here/);
  const one = await image('revoke', `web@${second}`, '--reason', 'CVE-2026-0001 \u001b[31m');
  assert.match(one.stdout, new RegExp(`gold of web went back to ${first}`));
  assert.ok(!one.stdout.includes('\u001b'));
  const both = await image('revoke', first, '--reason', 'the base');
  assert.match(both.stdout, new RegExp(`With it, made from it: ${second}`));
  assert.match(
    both.stdout,
    /gold of web points to a revoked image: nothing earlier may be used\. Its parameter is deleted/,
  );
  assert.match(both.stdout, /still runs[\s\S]*arn:aws:states/);
  const shown = await image('channels', 'web');
  assert.match(shown.stdout, /gold .*REVOKED\n.*the base\n.*bake another one/);
  const history = await image('channels', 'web', '--history');
  assert.match(history.stdout, /3 .*went back from ami-/);
  const refused = await image('rollout', 'web', '--to', 'web-asg');
  assert.equal(refused.status, 9);
  assert.match(refused.stderr, /is revoked since .*the base/);
});

it('lists what waits, and prunes nothing without --yes', async () => {
  assert.equal((await image('approvals')).stdout, 'No image waits for an approval.\n');
  assert.deepEqual(JSON.parse((await image('approvals', '--all', '--json')).stdout), { Approvals: [] });
  const { status, stdout } = await image('prune');
  assert.deepEqual([status, stdout], [0, 'Nothing to prune.\n']);
  assert.equal((await image('prune', '--keep', '0')).status, 2);
});
