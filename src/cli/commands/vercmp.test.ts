import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { readOrder, readVectors, withoutVectors } from '../../../test/vectors.ts';

const KINTSUGI = join(import.meta.dirname, '../../../bin/kintsugi');

function vercmp(
  args: readonly string[],
  input: string | Buffer,
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(KINTSUGI, ['vercmp', ...args], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
}

test('each pair gets its order, a line each', () => {
  const { status, stdout, stderr } = vercmp(['dpkg'], '1.0~rc1-1 1.0-1\n1.0 1.00\n1:0 9\n');
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '-1\n0\n1\n', stderr: '' });
});

test('white space is any, the last line needs no end, and CRLF is no part of a version', () => {
  assert.equal(vercmp(['dpkg'], '1   2\r\n\t2 \t 1 \r\n1\v1').stdout, '-1\n1\n0\n');
});

test('a line that is not a pair is invalid, a blank one as well', () => {
  assert.equal(vercmp(['apk'], '1\n1 2 3\n\n \n1 1\n').stdout, 'invalid\ninvalid\ninvalid\ninvalid\n0\n');
  assert.equal(vercmp(['apk'], '').stdout, '');
});

test('invalid is what the package manager of the scheme refuses', () => {
  const input = 'v1 1\n1 1_2\n1.0bc 1\n1.é 1.α\n1-r1 1-r2\n';
  assert.equal(vercmp(['dpkg'], input).stdout, 'invalid\ninvalid\n1\ninvalid\n-1\n');
  assert.equal(vercmp(['apk'], input).stdout, 'invalid\ninvalid\ninvalid\ninvalid\n-1\n');
  assert.equal(vercmp(['rpm'], input).stdout, '-1\n-1\n1\n0\n-1\n');
});

test('--json prints the pair with its result, and null for what is no pair', () => {
  const lines = vercmp(['rpm', '--json'], '1.é 2\n1\n1 1\n').stdout.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      { a: '1.é', b: '2', result: -1 },
      { a: null, b: null, result: 'invalid' },
      { a: '1', b: '1', result: 0 },
    ],
  );
});

for (const [scheme, table] of [
  ['dpkg', 'debian-libapt-10k.txt'],
  ['rpm', 'rpm-librpm-10k.txt'],
  ['apk', 'apk-3.0.6-3k.txt'],
] as const) {
  test(`vercmp ${scheme} answers ${table}`, { skip: withoutVectors }, () => {
    const rows = readVectors(table).map(readOrder);
    const { stdout } = vercmp([scheme], rows.map(({ a, b }) => `${a} ${b}\n`).join(''));
    assert.deepEqual(
      stdout.trimEnd().split('\n').map(Number),
      rows.map(({ order }) => order),
    );
  });
}

test('an unknown scheme, option or argument is a usage error', () => {
  for (const args of [[], ['pip'], ['dpkg', '--fast'], ['dpkg', 'rpm']]) {
    const { status, stdout, stderr } = vercmp(args, '1 2\n');
    assert.deepEqual({ status, stdout }, { status: 2, stdout: '' }, args.join(' '));
    assert.match(stderr, /^error: .*\n\(`kintsugi vercmp --help` says more\)\n/);
  }
});

test('a line of 100 MB is invalid, the next one is answered, and neither fills the memory', async () => {
  const child = spawn(KINTSUGI, ['vercmp', 'dpkg'], {
    env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=48' },
  });
  const chunk = Buffer.alloc(1 << 20, '1');
  for (let i = 0; i < 100; i++) if (!child.stdin.write(chunk)) await once(child.stdin, 'drain');
  child.stdin.end('\n1 2\n');
  const [output, [status]] = await Promise.all([child.stdout.setEncoding('utf8').toArray(), once(child, 'close')]);
  assert.deepEqual({ status, output: output.join('') }, { status: 0, output: 'invalid\n-1\n' });
});

test('a pair is answered before the next one is sent', { timeout: 20_000 }, async () => {
  const child = spawn(KINTSUGI, ['vercmp', 'dpkg']);
  child.stdout.setEncoding('utf8');
  child.stdin.write('1 2\n');
  assert.deepEqual(await once(child.stdout, 'data'), ['-1\n']);
  child.stdin.write('2 1\n');
  assert.deepEqual(await once(child.stdout, 'data'), ['1\n']);
  child.stdin.end();
  assert.deepEqual(await once(child, 'close'), [0, null]);
});

test('a reader that leaves early ends it quietly', { timeout: 20_000 }, async () => {
  const child = spawn(KINTSUGI, ['vercmp', 'dpkg']);
  child.stdin.on('error', () => undefined);
  const errors = child.stderr.setEncoding('utf8').toArray();
  child.stdin.write('1 2\n');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const pump = setInterval(() => child.stdin.write('1 2\n'.repeat(10_000)), 5);
  const [status, signal] = await once(child, 'close');
  clearInterval(pump);
  assert.deepEqual({ status, signal, errors: await errors }, { status: 0, signal: null, errors: [] });
});
