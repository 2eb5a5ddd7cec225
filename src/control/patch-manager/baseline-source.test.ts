import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { predefinedFor } from '../../core/baselines/predefined.ts';
import { KintsugiError } from '../../core/errors.ts';
import { readBaselineFile } from './baseline-file.ts';
import { loadBaseline } from './baseline-source.ts';

const WEB = 'Name: web\nOperatingSystem: DEBIAN\nApprovedPatches: [bash]\n';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kintsugi-baseline-'));
});
after(() => rm(folder, { recursive: true }));

async function written(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function refused(promise: Promise<unknown>): Promise<KintsugiError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof KintsugiError, String(error));
  return error;
}

test('without a choice it is the predefined baseline of the operating system', async () => {
  assert.deepEqual(await loadBaseline(undefined, 'UBUNTU'), {
    baseline: predefinedFor('UBUNTU'),
    from: 'predefined',
    warnings: [],
  });
});

test('a predefined baseline is chosen by name or id', async () => {
  const debian = predefinedFor('DEBIAN');
  for (const choice of [debian.Name, debian.BaselineId]) {
    const { baseline, from } = await loadBaseline(choice, 'DEBIAN');
    assert.deepEqual([baseline, from], [debian, 'predefined']);
  }
});

test('a file is read from its path, with its warnings', async () => {
  const path = await written('web.yaml', `${WEB}RejectedPatches: [bash]\n`);
  const { baseline, from, warnings } = await loadBaseline(path, 'DEBIAN');
  assert.deepEqual([baseline.Name, from, warnings.length], ['web', path, 1]);
});

test('what is neither a file nor a name says what was meant', async () => {
  const error = await refused(loadBaseline('AWS-DebianPatchBaseline', 'DEBIAN'));
  assert.equal(error.code, 'BaselineNotFound');
  assert.match(
    error.message,
    /neither a file nor a predefined baseline\. Did you mean "AWS-DebianDefaultPatchBaseline"\?/,
  );
  const missing = await refused(loadBaseline(join(folder, 'absent.yaml'), 'DEBIAN'));
  assert.deepEqual([missing.code, missing.exit], ['BaselineNotFound', 2]);
});

test('a folder and a path with a NUL are no files', async () => {
  assert.match((await refused(loadBaseline(folder, 'DEBIAN'))).message, /is a folder, not a file/);
  const error = await refused(loadBaseline('a\u0000b.yaml', 'DEBIAN'));
  assert.equal(error.code, 'BaselineNotFound');
  assert.doesNotMatch(error.message, /\u0000/);
});

test('an invalid file is refused with the place of every fault', async () => {
  const path = await written('bad.yaml', 'Nam: web\nOperatingSystem: DEBIAN\nApprovedPatches: 7\n');
  const error = await refused(loadBaseline(path, 'DEBIAN'));
  assert.deepEqual([error.code, error.exit], ['BaselineInvalid', 2]);
  assert.ok(error.message.includes(`${path}:1:1: error: Nam: unknown key "Nam"`), error.message);
  assert.ok(error.message.includes(`${path}:3:18: error: ApprovedPatches: must be a list`), error.message);
  assert.equal(JSON.parse(JSON.stringify(error)).details.issues.length, 2);
});

test('a baseline of another operating system is refused with both named', async () => {
  const path = await written('other.yaml', WEB.replace('DEBIAN', 'UBUNTU'));
  const error = await refused(loadBaseline(path, 'DEBIAN'));
  assert.equal(error.code, 'BaselineInvalid');
  assert.match(error.message, /is a baseline for UBUNTU; this machine runs DEBIAN/);
  assert.match(error.advice, /AWS-DebianDefaultPatchBaseline/);
  const unnamed = await written('unnamed.yaml', 'Name: web\nApprovedPatches: [KB5034441]\n');
  const missing = await refused(loadBaseline(unnamed, 'DEBIAN'));
  assert.match(missing.message, /for WINDOWS, because it names no OperatingSystem; this machine runs DEBIAN/);
});

test('the text that PowerShell writes is read as well', async () => {
  const little = Buffer.from(`\ufeff${WEB}`, 'utf16le');
  for (const bytes of [little, Buffer.from(little).swap16(), Buffer.from(`\ufeff${WEB}`)]) {
    const { parsed } = await readBaselineFile(await written('encoded.yaml', bytes));
    assert.ok(parsed.ok && parsed.baseline.Name === 'web');
  }
});

test('bytes that are no text have a place', async () => {
  const path = await written(
    'binary.yaml',
    Buffer.concat([Buffer.from('Name: web\nx: '), Buffer.from([0xff, 0xc0, 0x80])]),
  );
  const { parsed } = await readBaselineFile(path);
  assert.ok(!parsed.ok);
  assert.deepEqual(parsed.issues, [
    { path: '', line: 2, column: 4, message: 'this is not UTF-8 text', suggestion: null },
  ]);
});

test('standard input is read no further than a baseline can be long', async () => {
  let sent = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) {
        sent += 65_536;
        yield Buffer.alloc(65_536, '#');
      }
    })(),
  );
  const { parsed, shown } = await readBaselineFile('-', endless);
  assert.equal(shown, 'standard input');
  assert.ok(!parsed.ok && parsed.issues[0]?.message.includes('larger than 1 MiB'));
  assert.ok(sent < 4_000_000);
  assert.ok((await readBaselineFile('-', Readable.from([Buffer.from(WEB)]))).parsed.ok);
  assert.ok(!(await readBaselineFile('/dev/zero')).parsed.ok);
});
