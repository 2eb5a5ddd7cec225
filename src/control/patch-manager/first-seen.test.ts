import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { installed, updateOf } from '../../core/compliance/inventory-arbitrary.ts';
import { openFirstSeen } from './first-seen.ts';

const openssl = updateOf(installed());
const bash = updateOf(installed({ name: 'bash' }), { version: '5.3' });
const day = (number: number) => new Date(Date.UTC(2026, 10, number));

function home(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-seen-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'home');
}

test('a version has the moment at which it was first noted, now and for everybody who comes later', async (t) => {
  const folder = home(t);
  const first = await openFirstSeen(folder, 'debian:12');
  assert.equal(first.of(openssl), null);
  assert.equal(await first.note([openssl, openssl], day(1)), 1);
  assert.equal(first.of(openssl), '2026-11-01T00:00:00.000Z');
  assert.equal(await first.note([openssl, bash], day(2)), 1);
  const later = await openFirstSeen(folder, 'debian:12');
  assert.deepEqual([later.of(openssl), later.of(bash)], ['2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z']);
  assert.equal(await later.note([openssl, bash], day(3)), 0);
});

test('every version, architecture and release of a system has its own', async (t) => {
  const folder = home(t);
  const seen = await openFirstSeen(folder, 'debian:12');
  await seen.note([openssl], day(1));
  assert.equal(seen.of({ ...openssl, version: '3.0.23' }), null);
  assert.equal(seen.of({ ...openssl, architecture: 'i386' }), null);
  assert.equal((await openFirstSeen(folder, 'debian:13')).of(openssl), null);
});

test('the record is for its owner alone', async (t) => {
  const folder = home(t);
  await (await openFirstSeen(folder, 'debian:12')).note([openssl], day(1));
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, 'first-seen.tsv')).mode & 0o777, 0o600);
});

test('the earlier of two dates counts, in whatever order they stand', async (t) => {
  const folder = home(t);
  const [one, other] = [await openFirstSeen(folder, 'debian:12'), await openFirstSeen(folder, 'debian:12')];
  await one.note([openssl, bash], day(5));
  await other.note([openssl], day(3));
  assert.equal((await openFirstSeen(folder, 'debian:12')).of(openssl), '2026-11-03T00:00:00.000Z');
});

test('a line that was cut off costs that line and no other, and what comes after it is whole', async (t) => {
  const folder = home(t);
  const file = join(folder, 'first-seen.tsv');
  await (await openFirstSeen(folder, 'debian:12')).note([bash, openssl], day(1));
  const whole = readFileSync(file);
  for (let cut = 1; cut < 20; cut += 1) {
    writeFileSync(file, whole.subarray(0, -cut));
    const seen = await openFirstSeen(folder, 'debian:12');
    assert.equal(seen.of(bash), '2026-11-01T00:00:00.000Z');
    assert.equal(seen.of(openssl), cut === 1 ? '2026-11-01T00:00:00.000Z' : null);
    await seen.note([openssl], day(2));
    const again = await openFirstSeen(folder, 'debian:12');
    assert.equal(again.of(openssl), cut === 1 ? '2026-11-01T00:00:00.000Z' : '2026-11-02T00:00:00.000Z');
  }
});

test('a clock that was never set says nothing of when a version was first seen', async (t) => {
  const folder = home(t);
  const seen = await openFirstSeen(folder, 'debian:12');
  assert.equal(await seen.note([openssl], new Date(5000)), 0);
  assert.equal(seen.of(openssl), null);
  mkdirSync(folder, { recursive: true });
  const key = `debian:12 openssl amd64 ${openssl.version}`;
  const odd = ['1970-01-01T00:00:05.000Z', '2026', 'yesterday', '2026-11-01', ''];
  appendFileSync(join(folder, 'first-seen.tsv'), odd.map((date) => `${key}\t${date}\t.\n`).join(''));
  assert.equal((await openFirstSeen(folder, 'debian:12')).of(openssl), null);
});

test('a record that cannot be read or written is told, and judging goes on from now', async (t) => {
  const folder = home(t);
  mkdirSync(join(folder, 'first-seen.tsv'), { recursive: true });
  const seen = await openFirstSeen(folder, 'debian:12');
  await assert.rejects(seen.note([openssl], day(1)), { code: 'EISDIR' });
  assert.equal(seen.of(openssl), '2026-11-01T00:00:00.000Z');
  writeFileSync(join(folder, 'file'), '');
  const below = await openFirstSeen(join(folder, 'file', 'home'), 'debian:12');
  await assert.rejects(below.note([openssl], day(1)), { code: 'ENOTDIR' });
});

test('names with line ends or tabs are not kept, for they could write lines of their own', async (t) => {
  const folder = home(t);
  const hostile = { ...openssl, version: `1\t2020-01-02T00:00:00.000Z\t.\ndebian:12 bash amd64 5.3` };
  const seen = await openFirstSeen(folder, 'debian:12');
  assert.equal(await seen.note([hostile, bash], day(4)), 1);
  assert.equal((await openFirstSeen(folder, 'debian:12')).of(bash), '2026-11-04T00:00:00.000Z');
});

test('processes that note at the same time lose nothing', async (t) => {
  const folder = home(t);
  const script = `
    import { openFirstSeen } from ${JSON.stringify(new URL('./first-seen.ts', import.meta.url).href)};
    const [home, name] = process.argv.slice(1);
    const seen = await openFirstSeen(home, 'debian:12');
    const updates = Array.from({ length: 9000 }, (_, index) => ({ name: name + index, architecture: 'amd64', version: '1.'.repeat(30) + index }));
    await seen.note(updates, new Date('2026-11-01T00:00:00Z'));
  `;
  const writers = ['a', 'b', 'c'].map(
    (name) =>
      new Promise<number | null>((resolve, reject) => {
        const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script, folder, name];
        spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
          .on('error', reject)
          .on('exit', resolve);
      }),
  );
  assert.deepEqual(await Promise.all(writers), [0, 0, 0]);
  const seen = await openFirstSeen(folder, 'debian:12');
  for (const name of ['a', 'b', 'c']) {
    for (let index = 0; index < 9000; index += 1) {
      const one = { name: `${name}${index}`, architecture: 'amd64', version: `${'1.'.repeat(30)}${index}` };
      assert.ok(seen.of(one) !== null, one.name);
    }
  }
});

test('whatever a record holds, it is read, and every date in it is one', async (t) => {
  const folder = home(t);
  mkdirSync(folder);
  const key = `debian:12 openssl amd64 ${openssl.version}`;
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom(key, '\t', '\n', '.', '2026-11-01T00:00:00.000Z', '2021-01-01T00:00:00.000Z'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (pieces) => {
      writeFileSync(join(folder, 'first-seen.tsv'), pieces.join(''));
      const date = (await openFirstSeen(folder, 'debian:12')).of(openssl);
      assert.ok(date === null || date.startsWith('202'), String(date));
    }),
  );
});
