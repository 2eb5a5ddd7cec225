import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runFile } from './file.ts';
import { gaps, select } from './run.ts';

/** Runs the text as a test file and answers each record as `kind name`, with the reason where there is one. */
async function outcome(t: TestContext, source: string, timeout = 60_000): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kintsugi-run-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'x.test.mjs');
  await writeFile(path, `import { describe, test } from 'node:test';\n${source}`);
  const { records } = await runFile(relative(join(import.meta.dirname, '..'), path), timeout);
  return records.map((record) => {
    const why = 'why' in record ? record.why.replace(/^at .*\n/, '').split('\n')[0] : '';
    return `${record.kind} ${record.name} ${why}`.trim();
  });
}

test('tests in suites and below tests are told by their full name, and only the innermost count', async (t) => {
  const source = `
    describe('a', () => { test('b', () => {}); });
    test('c', async (t) => { await t.test('d', () => { throw new Error('bad'); }); });`;
  assert.deepEqual(await outcome(t, source), ['passed a > b', 'failed c > d Error: bad']);
});

test('a skipped test is told with its reason', async (t) => {
  assert.deepEqual(await outcome(t, "test('a', (t) => t.skip('needs root'));"), ['skipped a needs root']);
});

test('what was skipped is told once for each reason, with its files', () => {
  const skipped = (name: string, why: string) => ({ kind: 'skipped', name, why }) as const;
  const file = (path: string, ...records: Parameters<typeof gaps>[0][number]['records'][number][]) => ({
    ...{ path, records, said: '', seconds: 1, processorSeconds: null },
  });
  const found = gaps([
    file('a.ts', skipped('one', 'no moto'), skipped('two', 'no moto'), { kind: 'passed', name: 'three' }),
    file('b.ts', skipped('four', 'no moto'), skipped('five', 'needs root')),
  ]);
  assert.deepEqual(found, [
    'NOT PROVED, 3 tests skipped: no moto (a.ts b.ts)',
    'NOT PROVED, 1 test skipped: needs root (b.ts)',
  ]);
  assert.deepEqual(gaps([file('c.ts', { kind: 'passed', name: 'six' })]), []);
});

test('a file that cannot be parsed is one failure', async (t) => {
  assert.deepEqual(await outcome(t, "test('a' =>"), ['failed the whole file ended with exit status 1']);
});

test('a file that exits in the middle is a failure, whatever its exit status', async (t) => {
  const source = "test('a', async () => { process.exit(0); });\ntest('b', () => {});";
  const records = await outcome(t, source);
  assert.ok(
    records.some((record) => record.startsWith('failed')),
    records.join('; '),
  );
});

test('a file that is killed is a failure', async (t) => {
  const source = "test('a', () => process.kill(process.pid, 'SIGKILL'));";
  assert.deepEqual(await outcome(t, source), ['failed the whole file ended with SIGKILL']);
});

test('a file that hangs is ended at the time-out, with what it started', async (t) => {
  const source = `
    import { spawn } from 'node:child_process';
    test('a', () => { spawn('sleep', ['1000'], { stdio: 'inherit' }); for (;;); });`;
  assert.deepEqual(await outcome(t, source, 1500), ['failed the whole file did not end within 1.5 seconds']);
});

test('a process that a file leaves running does not hold up the run', async (t) => {
  const source = `
    import { spawn } from 'node:child_process';
    test('a', () => { spawn('sleep', ['1000'], { stdio: 'inherit' }).unref(); });`;
  assert.deepEqual(await outcome(t, source), ['passed a']);
});

test('a file without a test is a failure', async (t) => {
  assert.deepEqual(await outcome(t, ''), ['failed the whole file ran no test']);
});

test('a hook that throws is a failure', async (t) => {
  const source = "import { after } from 'node:test';\nafter(() => { throw new Error('bad'); });\ntest('a', () => {});";
  const records = await outcome(t, source);
  assert.ok(
    records.some((record) => record.startsWith('failed')),
    records.join('; '),
  );
});

test('arguments choose files by the start of their path, else by a part of it', () => {
  const files = ['lab/lab.test.ts', 'src/cli/label.test.ts', 'src/core/a.test.ts'];
  assert.deepEqual(select(files, []), files);
  assert.deepEqual(select(files, ['lab']), ['lab/lab.test.ts']);
  assert.deepEqual(select(files, ['./src/core', 'lab']), ['lab/lab.test.ts', 'src/core/a.test.ts']);
  assert.deepEqual(select(files, ['label']), ['src/cli/label.test.ts']);
  assert.deepEqual(select(files, ['nothing']), []);
});
