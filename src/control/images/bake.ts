import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../core/errors.ts';
import { checkRecipe } from '../../images/disk/recipe.ts';
import { familyFolder, imagesFolder, lockFile, workFolder } from '../../images/store/folders.ts';
import { holderOf } from '../../images/store/holder.ts';
import { withImageLock } from '../../images/store/lock.ts';
import type { ImageManifest } from '../../images/store/manifest.ts';
import { mendStore } from '../../images/store/put.ts';
import { signedImages } from '../../images/store/signed-manifest.ts';
import { type Bake, type BakeContext, fullDiskAs } from './step.ts';
import { stepBase, stepGate, stepHook, stepPatch, stepResolve } from './steps-build.ts';
import { stepBoot, stepPack, stepSbom, stepSeal, stepSign, stepStore } from './steps-finish.ts';

/** Every step of a bake by the name that a state machine calls it by, in their order. Each can be called again. */
export const BAKE_STEPS = {
  'kintsugi:bake.base': stepBase,
  'kintsugi:bake.resolve': stepResolve,
  'kintsugi:bake.patch': stepPatch,
  'kintsugi:bake.hook': stepHook,
  'kintsugi:bake.gate': stepGate,
  'kintsugi:bake.seal': stepSeal,
  'kintsugi:bake.pack': stepPack,
  'kintsugi:bake.boot': stepBoot,
  'kintsugi:bake.sbom': stepSbom,
  'kintsugi:bake.sign': stepSign,
  'kintsugi:bake.store': stepStore,
} as const satisfies Record<string, (bake: Bake) => Promise<unknown>>;

export interface BakeOutcome {
  /** skipped: an image of the same bake key is there, and a bake would change nothing. */
  readonly result: 'baked' | 'skipped';
  readonly manifest: ImageManifest;
  readonly folder: string;
  /** Updates that were installed over the base. */
  readonly installed: number;
}

/**
 * Bakes a golden image: base, updates by the baseline, hooks, gate, seal, pack, boot test, evidence, store. Whatever
 * happens, nothing but a whole image is left. A bake that was killed leaves its work folder, which the next removes.
 * `force` bakes though it would change nothing. `stop` ends it before the next step.
 * Throws Usage, BakeInProgress, and what the steps throw.
 */
export async function bakeDiskImage(
  wanted: unknown,
  context: BakeContext,
  options: { force: boolean; stop?: AbortSignal },
): Promise<BakeOutcome> {
  const recipe = checkRecipe(wanted);
  if (process.getuid?.() !== 0) throw new KintsugiError('Permission', 'Only root can bake images.');
  const images = imagesFolder(context.home);
  familyFolder(images, recipe.family);
  const bake: Bake = { recipe, work: workFolder(images, recipe.family), context };
  const done = await withImageLock(lockFile(images, recipe.family), async () => {
    const holder = await holderOf(images, recipe.family, context.now());
    if (holder !== null)
      throw new KintsugiError('BakeInProgress', `The execution ${holder} bakes ${recipe.family} now.`, {
        advice: `\`kintsugi workflow show ${holder}\` shows it.`,
      });
    await rm(bake.work, { recursive: true, force: true });
    await mendStore(images, recipe.family);
    try {
      await mkdir(bake.work, { recursive: true, mode: 0o700 });
      return await bakeUnderLock(bake, options);
    } catch (error) {
      throw fullDiskAs(error, 'The bake');
    } finally {
      await rm(bake.work, { recursive: true, force: true });
    }
  });
  if (done === null) throw new KintsugiError('BakeInProgress', `Another process bakes ${recipe.family} now.`);
  return done.value;
}

async function bakeUnderLock(bake: Bake, options: { force: boolean; stop?: AbortSignal }): Promise<BakeOutcome> {
  const images = imagesFolder(bake.context.home);
  const next = () => {
    if (options.stop?.aborted)
      throw new KintsugiError('Stopped', `The bake of ${bake.recipe.family} was stopped.`, {
        advice: 'No image was stored.',
      });
  };
  await stepBase(bake);
  next();
  const { key } = await stepResolve(bake);
  // What is not signed here decides nothing: it is baked anew.
  const same = (await signedImages(images, bake.recipe.family)).find(({ bakeKey }) => bakeKey === key.bake);
  if (same !== undefined && !options.force) {
    return {
      result: 'skipped',
      manifest: same,
      folder: join(familyFolder(images, same.family), same.digest),
      installed: 0,
    };
  }
  next();
  const { installed } = await stepPatch(bake);
  for (const one of [stepHook, stepGate, stepSeal, stepPack, stepBoot, stepSbom, stepSign]) {
    next();
    await one(bake);
  }
  next();
  const { folder, manifest } = await stepStore(bake);
  return { result: 'baked', manifest, folder, installed };
}
