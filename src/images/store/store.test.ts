import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { signEnvelope } from '../evidence/dsse.ts';
import { IN_TOTO, provenanceStatement } from '../evidence/provenance.ts';
import { diffPackages } from './diff.ts';
import { lockFile } from './folders.ts';
import { withImageLock } from './lock.ts';
import type { ImageManifest } from './manifest.ts';
import { mendStore, putImage } from './put.ts';
import { findImage, listImages } from './read.ts';
import { requireSigned, SIGNED_MANIFEST, signedImages, signManifest } from './signed-manifest.ts';
import { verifyImage } from './verify.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const { privateKey: other } = generateKeyPairSync('ed25519');

function store(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-images-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function whole(images: string, content: string, bakedAt: string): { folder: string; manifest: ImageManifest } {
  const folder = join(images, `whole-${sha256(content + bakedAt).slice(0, 8)}`);
  mkdirSync(folder);
  const written: ImageManifest['files'] = {};
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    written[name] = { sha256: sha256(text), bytes: text.length };
  };
  put('image.raw', content);
  put('sbom.cdx.json', '{"components":[]}');
  put('report.json', '{"status":"COMPLIANT"}');
  const spoken = ['sbom.cdx.json', 'report.json'].map((name) => ({ name, sha256: written[name]?.sha256 ?? '' }));
  const statement = provenanceStatement({
    ...{ subjects: [{ name: 'image.raw', sha256: sha256(content) }], buildType: 'urn:x', externalParameters: {} },
    ...{ internalParameters: {}, materials: [], builderId: 'urn:b', builderVersion: {}, invocationId: 'i' },
    ...{ startedOn: bakedAt, finishedOn: bakedAt, byproducts: spoken },
  });
  const envelope = JSON.stringify(signEnvelope(IN_TOTO, Buffer.from(JSON.stringify(statement)), privateKey));
  put('provenance.dsse.json', envelope);
  const manifest: ImageManifest = {
    ...{ schemaVersion: 1, family: 'web', digest: sha256(content), format: 'raw', bytes: content.length },
    ...{ bakeKey: sha256('key'), bakedAt, builder: 'b', base: { digest: sha256('base'), from: 'bookworm' } },
    ...{ os: { product: 'Debian12', prettyName: 'Debian', architecture: 'amd64' }, kernel: '6.1', packages: [] },
    ...{ baseline: { name: 'x', from: 'predefined' }, boot: null },
    compliance: { status: 'COMPLIANT', judgedAt: bakedAt, listsUpdatedAt: null },
    files: written,
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, SIGNED_MANIFEST), signManifest(manifest, privateKey));
  return { folder, manifest };
}

test('images are listed newest first, and found by family or the beginning of a digest', async (t) => {
  const images = store(t);
  const old = whole(images, 'one', '2026-01-01T00:00:00Z');
  const fresh = whole(images, 'two', '2026-02-01T00:00:00Z');
  for (const { folder, manifest } of [fresh, old]) await putImage(images, 'web', manifest.digest, folder);
  const { found, damaged } = await listImages(images);
  assert.deepEqual([found.map(({ digest }) => digest), damaged], [[fresh.manifest.digest, old.manifest.digest], []]);
  assert.equal((await findImage(images, 'web')).digest, fresh.manifest.digest);
  assert.equal((await findImage(images, `web@${old.manifest.digest.slice(0, 8)}`)).digest, old.manifest.digest);
  assert.equal((await findImage(images, `web@sha256:${old.manifest.digest}`)).digest, old.manifest.digest);
  await assert.rejects(findImage(images, 'web@0000'), { code: 'ImageNotFound' });
  await assert.rejects(findImage(images, 'db'), { code: 'ImageNotFound' });
  for (const name of ['web@', 'web@../..', '../web', 'web@x', '@', '', '.work']) {
    await assert.rejects(findImage(images, name), { code: 'Usage' }, name);
  }
});

test('the same bytes with other evidence take the place of the older ones', async (t) => {
  const images = store(t);
  for (const bakedAt of ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z']) {
    const { folder, manifest } = whole(images, 'one', bakedAt);
    await putImage(images, 'web', manifest.digest, folder);
  }
  const { found } = await listImages(images, 'web');
  assert.deepEqual([found.length, found[0]?.bakedAt], [1, '2026-02-01T00:00:00Z']);
});

test('an image that was moved aside when the process was killed comes back', async (t) => {
  const images = store(t);
  const { folder, manifest } = whole(images, 'one', '2026-01-01T00:00:00Z');
  const target = await putImage(images, 'web', manifest.digest, folder);
  const aside = join(images, 'web', `.replaced-${manifest.digest}`);
  renameSync(target, aside);
  await withImageLock(lockFile(images, 'web'), async () => {
    assert.deepEqual((await listImages(images, 'web')).found, [], 'one that is being put is left alone');
    assert.ok(existsSync(join(aside, 'image.raw')));
  });
  assert.equal((await findImage(images, 'web')).digest, manifest.digest, 'whoever looks finds it');
  assert.ok(existsSync(join(target, 'image.raw')));
  renameSync(target, aside);
  await mendStore(images, 'web');
  assert.ok(existsSync(join(target, 'image.raw')));
});

test('a manifest that cannot be read, or is that of another image, is told and never listed', async (t) => {
  const images = store(t);
  const { folder, manifest } = whole(images, 'one', '2026-01-01T00:00:00Z');
  await putImage(images, 'web', manifest.digest, folder);
  const file = join(images, 'web', manifest.digest, 'manifest.json');
  for (const text of ['', '{', '[]', JSON.stringify({ ...manifest, family: 'db' })]) {
    writeFileSync(file, text);
    const { found, damaged } = await listImages(images);
    assert.deepEqual([found.length, damaged.length], [0, 1]);
  }
});

test('an image is verified byte by byte, and a change anywhere is told', async (t) => {
  const images = store(t);
  const { folder, manifest } = whole(images, 'one', '2026-01-01T00:00:00Z');
  const target = await putImage(images, 'web', manifest.digest, folder);
  const check = (keys = [publicKey]) => verifyImage(images, 'web', manifest.digest, keys);
  assert.deepEqual(await check(), []);
  assert.match((await check([generateKeyPairSync('ed25519').publicKey])).join(), /no signature/);
  for (const [name, text, problem] of [
    ['image.raw', 'onE', /image\.raw: its content was changed/],
    ['image.raw', 'more', /image\.raw: it is missing or has another size/],
    ['stray', 'x', /stray: nobody knows/],
    ['provenance.dsse.json', '{}', /provenance\.dsse\.json: it is no DSSE envelope/],
    ['manifest.json', '', /cannot be read/],
    [SIGNED_MANIFEST, '{', /manifest\.dsse\.json: it is no DSSE envelope/],
    [SIGNED_MANIFEST, signManifest({ ...manifest, kernel: '6.2' }, privateKey), /manifest\.json says something else/],
    [SIGNED_MANIFEST, signManifest(manifest, other), /manifest\.dsse\.json: no signature/],
  ] as const) {
    const before = existsSync(join(target, name)) ? readFileSync(join(target, name)) : null;
    writeFileSync(join(target, name), text);
    assert.match((await check()).join('\n'), problem);
    if (before === null) rmSync(join(target, name));
    else writeFileSync(join(target, name), before);
  }
});

/** Whoever may write there, and has no key: files and all that the manifest says of them. */
function forge(images: string, { family, digest }: ImageManifest, more: object, files: Record<string, string>): void {
  const target = join(images, family, digest);
  const manifest = JSON.parse(readFileSync(join(target, 'manifest.json'), 'utf8'));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(target, name), text);
    manifest.files[name] = { sha256: sha256(text), bytes: text.length };
  }
  writeFileSync(join(target, 'manifest.json'), JSON.stringify({ ...manifest, ...more }));
}

for (const [what, more, files, problem] of [
  ['bill of materials', {}, { 'sbom.cdx.json': '{"components":[1]}' }, /speaks of another sbom\.cdx\.json/],
  ['report', {}, { 'report.json': '{"status":"compliant"}' }, /speaks of another report\.json/],
  ['bake key', { bakeKey: sha256('forged') }, {}, /manifest\.json says something else/],
  ['kernel', { kernel: '9.9' }, {}, /manifest\.json says something else/],
  [
    'list of packages',
    { packages: [{ name: 'openssl', architecture: 'amd64', version: '999' }] },
    {},
    /manifest\.json says something else/,
  ],
] as const) {
  test(`another ${what}, and a manifest that goes with it, is told and decides nothing`, async (t) => {
    const home = store(t);
    const images = join(home, 'images');
    mkdirSync(images);
    writeFileSync(join(home, 'image-signing.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const { folder, manifest } = whole(images, 'one', '2026-01-01T00:00:00Z');
    const target = await putImage(images, 'web', manifest.digest, folder);
    assert.deepEqual(
      (await signedImages(images, 'web')).map(({ digest }) => digest),
      [manifest.digest],
    );
    forge(images, manifest, more, files);
    const check = () => verifyImage(images, 'web', manifest.digest, [publicKey]);
    assert.match((await check()).join('\n'), problem);
    assert.deepEqual(await signedImages(images, 'web'), []);
    const found = await findImage(images, 'web');
    await assert.rejects(requireSigned(images, found), { code: 'ImageDamaged', message: /says something else/ });
    // Whoever takes the signature away as well is told apart from nothing but an image of an earlier version.
    rmSync(join(target, SIGNED_MANIFEST));
    assert.match((await check()).join('\n'), /it is not signed, as in images of earlier versions: bake it anew/);
    assert.deepEqual(await signedImages(images, 'web'), []);
  });
}

test('one process at a time works under the lock, and the next may when it is done', async (t) => {
  const file = join(store(t), 'a', 'web.lock');
  const outer = await withImageLock(file, () => withImageLock(file, async () => 1));
  assert.deepEqual(outer, { value: null });
  await assert.rejects(
    withImageLock(file, async () => {
      throw new Error('work failed');
    }),
    /work failed/,
  );
  assert.deepEqual(await withImageLock(file, async () => 2), { value: 2 });
});

test('packages are compared as Debian compares versions', () => {
  const one = (name: string, version: string) => ({ name, architecture: 'amd64', version });
  const changes = diffPackages(
    [one('a', '1.9'), one('b', '2'), one('c', '1'), one('d', '1')],
    [one('a', '1.10'), one('b', '1~rc1'), one('d', '1'), one('e', '1')],
  );
  assert.deepEqual(
    changes.map(({ name, kind }) => `${name} ${kind}`),
    ['a upgraded', 'b downgraded', 'c removed', 'e added'],
  );
});
