import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScanReport } from '../../core/compliance/types.ts';
import { KintsugiError } from '../../core/errors.ts';
import { packageUrl } from '../../core/purl.ts';
import { BUILDER } from '../../images/disk/base.ts';
import type { BootVerdict } from '../../images/disk/boot/checks.ts';
import { endOf, lastLines } from '../../images/disk/boot/console.ts';
import { bootInNspawn } from '../../images/disk/boot/nspawn.ts';
import { bootInQemu } from '../../images/disk/boot/qemu.ts';
import { convertQcow2, fileDigest, packRaw, packRoot } from '../../images/disk/pack/disk-image.ts';
import { diskIds, ROOT_OFFSET } from '../../images/disk/pack/layout.ts';
import { contentEpoch, type Sealed, sealRoot } from '../../images/disk/seal.ts';
import { signEnvelope } from '../../images/evidence/dsse.ts';
import { IN_TOTO, provenanceStatement } from '../../images/evidence/provenance.ts';
import { signingKey } from '../../images/evidence/signing-key.ts';
import { isWeaker } from '../../images/store/evidence.ts';
import { imageFolder, imagesFolder } from '../../images/store/folders.ts';
import { type ImageManifest, imageManifest } from '../../images/store/manifest.ts';
import { mendStore, putImage } from '../../images/store/put.ts';
import { SIGNED_MANIFEST, signedImages, signManifest } from '../../images/store/signed-manifest.ts';
import { renderCycloneDx } from '../sbom/cyclonedx.ts';
import { TOOL } from '../sbom/tool.ts';
import { type Bake, outputOf, step } from './step.ts';
import { type BaseStep, type ResolveStep, rootOf } from './steps-build.ts';

/** Of the console of a boot that failed. */
const LAST_LINES = 10;

export interface SealStep extends Sealed {
  readonly epoch: number;
}

/** `kintsugi:bake.seal`: scrubs the root, makes it bootable, and looks through it. Throws ImageNotClean. */
export function stepSeal(bake: Bake): Promise<SealStep> {
  return step(bake, 'seal', null, { once: true }, async () => {
    bake.context.say('sealing');
    const { key } = await outputOf<ResolveStep>(bake, 'resolve');
    const { initrds } = await outputOf<BaseStep>(bake, 'base');
    const epoch = await contentEpoch(rootOf(bake));
    const rootUuid = diskIds(key.content).filesystem;
    return { epoch, ...(await sealRoot(rootOf(bake), { epoch, rootUuid, keep: initrds })) };
  });
}

export interface PackStep {
  readonly digest: string;
  readonly bytes: number;
}

/** The folder that becomes the image's. */
function wholeOf(bake: Bake): string {
  return join(bake.work, 'whole');
}

/** `kintsugi:bake.pack`: the disk in its format, and the root as an archive for images to come. */
export function stepPack(bake: Bake): Promise<PackStep> {
  return step(bake, 'pack', null, { once: false }, async () => {
    const { recipe, context } = bake;
    context.say('packing');
    const { key } = await outputOf<ResolveStep>(bake, 'resolve');
    const { epoch } = await outputOf<SealStep>(bake, 'seal');
    const whole = wholeOf(bake);
    await rm(whole, { recursive: true, force: true });
    await mkdir(whole, { mode: 0o700 });
    const raw = await packRaw(rootOf(bake), bake.work, { bakeKey: key.content, epoch });
    const image = join(whole, `image.${recipe.format}`);
    // The raw disk stays for the boot test where the image is another file.
    if (recipe.format === 'qcow2') await convertQcow2(raw, image);
    else await rename(raw, image);
    await packRoot(rootOf(bake), join(whole, 'root.tar.zst'), epoch);
    return { digest: await fileDigest(image), bytes: (await stat(image)).size };
  });
}

/** `kintsugi:bake.boot`: boots it and asks. Throws BootTestFailed; the console is kept in `failed-boots`. */
export function stepBoot(bake: Bake): Promise<BootVerdict | null> {
  return step(bake, 'boot', null, { once: false }, async () => {
    const { recipe, work, context } = bake;
    if (recipe.boot === 'none') return null;
    const console = join(wholeOf(bake), 'console.log');
    const options = { checks: recipe.checks, timeoutSeconds: context.bootTimeoutSeconds, console };
    context.say(recipe.boot === 'nspawn' ? 'booting it in a container' : 'booting it under QEMU');
    const { kernel } = await outputOf<SealStep>(bake, 'seal');
    const disk = recipe.format === 'raw' ? join(wholeOf(bake), 'image.raw') : join(work, 'image.raw');
    const verdict =
      recipe.boot === 'nspawn'
        ? await bootInNspawn(rootOf(bake), work, options)
        : await bootInQemu(disk, work, {
            ...options,
            firmware: recipe.boot === 'qemu' ? 'bios' : 'uefi',
            kernel,
            rootOffset: ROOT_OFFSET,
          });
    await writeFile(join(wholeOf(bake), 'boot.json'), `${JSON.stringify(verdict, null, 2)}\n`);
    if (verdict.passed) return verdict;
    const kept = join(imagesFolder(context.home), '.failed-boots');
    await mkdir(kept, { recursive: true, mode: 0o700 });
    const log = join(kept, `${recipe.family}.log`);
    await copyFile(console, log);
    const tail = lastLines(await endOf(console), LAST_LINES).map((line) => `\n  | ${line}`);
    const why = `The image did not pass its boot test: ${verdict.reason} (${log}).${tail.join('')}`;
    throw new KintsugiError('BootTestFailed', why, {
      details: { boot: verdict, console: log },
    });
  });
}

/** `kintsugi:bake.sbom`: the bill of materials in CycloneDX and the report of the gate. */
export function stepSbom(bake: Bake): Promise<{ readonly components: number }> {
  return step(bake, 'sbom', null, { once: false }, async () => {
    const report = await outputOf<ScanReport>(bake, 'gate');
    await writeFile(join(wholeOf(bake), 'sbom.cdx.json'), renderCycloneDx(report, { width: 80 }));
    await writeFile(join(wholeOf(bake), 'report.json'), `${JSON.stringify(report)}\n`);
    return { components: report.patches.filter(({ installedVersion }) => installedVersion !== null).length };
  });
}

/** `kintsugi:bake.sign`: the provenance of what was packed, signed. */
export function stepSign(bake: Bake): Promise<{ readonly keyid: string }> {
  return step(bake, 'sign', null, { once: false }, async () => {
    const { recipe, context } = bake;
    const whole = wholeOf(bake);
    const report = await outputOf<ScanReport>(bake, 'gate');
    const { key } = await outputOf<ResolveStep>(bake, 'resolve');
    const base = await outputOf<BaseStep>(bake, 'base');
    await rm(join(whole, 'provenance.dsse.json'), { force: true });
    const files = await filesOf(whole);
    const named = (names: readonly string[]) =>
      names.flatMap((name) => (files[name] === undefined ? [] : [{ name, sha256: files[name].sha256 }]));
    const statement = provenanceStatement({
      subjects: named([`image.${recipe.format}`, 'root.tar.zst']),
      buildType: 'urn:kintsugi:bake-disk:v1',
      externalParameters: {
        ...recipe,
        hooks: recipe.hooks.map(({ name, network, timeoutSeconds }) => ({ name, network, timeoutSeconds })),
      },
      internalParameters: { baseline: report.baseline, bakeKey: key.bake, contentKey: key.content },
      materials: [
        { uri: `urn:kintsugi:base:${base.digest}`, digest: { sha256: base.digest } },
        ...installedOf(report).map((one) => ({ uri: packageUrl(report.target, one) })),
      ],
      builderId: 'urn:kintsugi:builder:local',
      builderVersion: { [TOOL.name]: TOOL.version, disk: BUILDER },
      invocationId: randomUUID(),
      startedOn: (await stat(join(bake.work, 'steps', 'base.json'))).mtime.toISOString(),
      finishedOn: context.now().toISOString(),
      byproducts: named(['sbom.cdx.json', 'report.json', 'boot.json', 'console.log']),
    });
    const signer = await signingKey(context.home, randomUUID());
    const envelope = signEnvelope(IN_TOTO, Buffer.from(JSON.stringify(statement)), signer);
    await writeFile(join(whole, 'provenance.dsse.json'), `${JSON.stringify(envelope)}\n`);
    return { keyid: envelope.signatures[0]?.keyid ?? '' };
  });
}

/** `kintsugi:bake.store`: writes the manifest and puts the whole into the store, unless what is there proves more. */
export async function stepStore(bake: Bake): Promise<{ readonly folder: string; readonly manifest: ImageManifest }> {
  const { recipe, context } = bake;
  return step(bake, 'store', null, { once: false }, async () => {
    const whole = wholeOf(bake);
    const report = await outputOf<ScanReport>(bake, 'gate');
    const { key } = await outputOf<ResolveStep>(bake, 'resolve');
    const base = await outputOf<BaseStep>(bake, 'base');
    const pack = await outputOf<PackStep>(bake, 'pack');
    const boot = await outputOf<BootVerdict | null>(bake, 'boot');
    const { kernel } = await outputOf<SealStep>(bake, 'seal');
    await mendStore(imagesFolder(context.home), recipe.family);
    const stored = await storedBefore(bake, pack.digest);
    if (stored !== null) return stored;
    for (const name of ['manifest.json', SIGNED_MANIFEST]) await rm(join(whole, name), { force: true });
    const signer = await signingKey(context.home, randomUUID());
    const manifest: ImageManifest = {
      schemaVersion: 1,
      family: recipe.family,
      digest: pack.digest,
      format: recipe.format,
      bytes: pack.bytes,
      bakeKey: key.bake,
      bakedAt: context.now().toISOString(),
      builder: BUILDER,
      base: { digest: base.digest, from: base.from },
      os: {
        product: report.target.os.product,
        prettyName: report.target.os.prettyName,
        architecture: report.target.architecture,
      },
      kernel,
      baseline: { name: report.baseline.name, from: report.baseline.from },
      compliance: { status: 'COMPLIANT', judgedAt: report.scannedAt, listsUpdatedAt: report.listsUpdatedAt },
      boot:
        boot === null
          ? null
          : { mode: boot.mode, passed: true, kernel: boot.kernel, seconds: boot.seconds, checks: [...boot.checks] },
      packages: installedOf(report),
      files: await filesOf(whole),
    };
    const signed = await signedImages(imagesFolder(context.home), recipe.family);
    const kept = signed.find((one) => one.digest === pack.digest);
    // The same bytes: what is known of them already is not forgotten for less.
    if (kept !== undefined && isWeaker(manifest.boot, kept.boot))
      return { folder: imageFolder(imagesFolder(context.home), recipe.family, kept.digest), manifest: kept };
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    await writeFile(storedManifest(bake), text);
    await writeFile(join(whole, 'manifest.json'), text);
    await writeFile(join(whole, SIGNED_MANIFEST), signManifest(manifest, signer));
    const folder = await putImage(imagesFolder(context.home), recipe.family, pack.digest, whole);
    return { folder, manifest };
  });
}

/** What is about to be put: it tells after a kill whether the image in the store is this bake's. */
function storedManifest(bake: Bake): string {
  return join(bake.work, 'manifest.json');
}

/** The folder of the image went into the store by one rename: where that is done, only its note was lost. */
async function storedBefore(bake: Bake, digest: string) {
  if (existsSync(wholeOf(bake))) return null;
  const folder = imageFolder(imagesFolder(bake.context.home), bake.recipe.family, digest);
  const [put, there] = await Promise.all(
    [storedManifest(bake), join(folder, 'manifest.json')].map((path) => readFile(path, 'utf8').catch(() => null)),
  );
  if (put == null || put !== there)
    throw new KintsugiError('BakeInterrupted', `What was packed for ${bake.recipe.family} is gone.`);
  return { folder, manifest: imageManifest.parse(JSON.parse(put)) };
}

function installedOf(report: ScanReport) {
  return report.patches
    .flatMap(({ name, architecture, installedVersion }) =>
      installedVersion === null ? [] : [{ name, architecture, version: installedVersion }],
    )
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

async function filesOf(folder: string): Promise<ImageManifest['files']> {
  const files: ImageManifest['files'] = {};
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    files[name] = { sha256: await fileDigest(path), bytes: (await stat(path)).size };
  }
  return files;
}
