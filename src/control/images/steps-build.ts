import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScanReport } from '../../core/compliance/types.ts';
import { KintsugiError } from '../../core/errors.ts';
import { type BakeKey, bakeKey, type Decision } from '../../images/disk/bake-key.ts';
import { addSources, type Base, copyRoot, suiteBase, unpackRoot } from '../../images/disk/base.ts';
import { runHook } from '../../images/disk/hook.ts';
import { runTool } from '../../images/disk/tool.ts';
import { basesFolder, imageFolder, imagesFolder } from '../../images/store/folders.ts';
import { findImage } from '../../images/store/read.ts';
import { requireSigned } from '../../images/store/signed-manifest.ts';
import type { PlannedInstall } from '../../platforms/apt/install.ts';
import { rootTarget } from '../../platforms/targets/root.ts';
import {
  checkSpace,
  install,
  needsRepair,
  type PatchOptions,
  prepare,
  repairFirst,
  runError,
} from '../patch-manager/patch.ts';
import { planPatch } from '../patch-manager/plan.ts';
import { refresh } from '../patch-manager/scan.ts';
import { imageReport, type JudgedRoot, judgeRoot, refuseUnlessCompliant } from './judge-root.ts';
import { type Bake, outputOf, step } from './step.ts';

const LOCK_SECONDS = 60;
/** For what mmdebstrap writes; the image's own date comes from its packages. */
const BASE_EPOCH = 315_532_800;

export interface BaseStep extends Base {
  /** SHA-256 of the initrds that it brought. */
  readonly initrds: readonly string[];
}

export function rootOf(bake: Bake): string {
  return join(bake.work, 'root');
}

/** `kintsugi:bake.base`: a root of our own to work in. */
export function stepBase(bake: Bake): Promise<BaseStep> {
  return step(bake, 'base', null, { once: false }, async () => {
    const { recipe, context } = bake;
    const images = imagesFolder(context.home);
    const root = rootOf(bake);
    await rm(root, { recursive: true, force: true });
    let base: Base;
    if (recipe.base.kind === 'image') {
      context.say(`unpacking ${recipe.base.family}@${recipe.base.digest.slice(0, 12)}`);
      const folder = imageFolder(images, recipe.base.family, recipe.base.digest);
      const begun = await findImage(images, `${recipe.base.family}@${recipe.base.digest}`);
      await requireSigned(images, begun);
      const { files } = begun;
      await unpackRoot(join(folder, 'root.tar.zst'), files['root.tar.zst']?.sha256, root);
      base = { digest: recipe.base.digest, from: `image ${recipe.base.family}@${recipe.base.digest.slice(0, 12)}` };
    } else {
      context.say(`getting the base: ${recipe.base.suite}, which takes minutes the first time`);
      await mkdir(basesFolder(images), { recursive: true, mode: 0o700 });
      const made = await suiteBase(recipe, recipe.base, basesFolder(images), BASE_EPOCH);
      await copyRoot(made.root, root);
      await addSources(root, recipe.base);
      base = { digest: made.digest, from: made.from };
    }
    return { digest: base.digest, from: base.from, initrds: await initrds(root) };
  });
}

async function initrds(root: string): Promise<string[]> {
  const names = (await readdir(join(root, 'boot'))).filter((name) => name.startsWith('initrd.img-'));
  const all = names.map(async (name) =>
    createHash('sha256')
      .update(await readFile(join(root, 'boot', name)))
      .digest('hex'),
  );
  return Promise.all(all);
}

export interface ResolveStep {
  readonly key: BakeKey;
  readonly installs: readonly PlannedInstall[];
}

/** `kintsugi:bake.resolve`: what would be installed, exactly, and with it the key of this bake. Changes no package. */
export function stepResolve(bake: Bake): Promise<ResolveStep> {
  return step(bake, 'resolve', null, { once: false }, async () => {
    const { recipe, context } = bake;
    const root = rootOf(bake);
    context.say('fetching the package lists');
    await refresh(rootTarget(root, { offline: false, tied: true }), LOCK_SECONDS);
    context.say('judging by the baseline');
    const look = await judgeRoot(root, context);
    const { installs } = await planPatch(look.target, look.judged, { ...patchOptions(look), exclude: new Map() });
    const base = await outputOf<BaseStep>(bake, 'base');
    const { packages } = look.judged.inventory;
    const planned = new Map(installs.map((one) => [`${one.name}:${one.architecture}`, one]));
    const kept = packages.filter((one) => !planned.has(`${one.name}:${one.architecture}`));
    const installed = installs.flatMap(({ name, architecture, to }) =>
      to === null ? [] : [{ name, architecture, version: to }],
    );
    const decisions = look.judged.evaluation.patches.flatMap(
      ({ name, architecture, availableVersion, state }): Decision[] =>
        availableVersion === null ? [] : [{ name, architecture, version: availableVersion, state }],
    );
    const key = bakeKey({
      recipe,
      baseDigest: base.digest,
      packages: [...kept, ...installed],
      decisions,
      tools: await toolVersions(),
    });
    return { key, installs };
  });
}

/** Who makes the bytes: another version of one may make others. */
async function toolVersions(): Promise<string[]> {
  const names = ['mmdebstrap', 'e2fsprogs', 'mtools', 'dosfstools', 'fdisk', 'qemu-utils', 'tar', 'zstd'];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const format = '${Package}=${Version}\\n';
  const { stdout } = await runTool(['dpkg-query', '-W', '-f', format, ...names], {
    timeoutMs: 30_000,
  });
  return stdout.split('\n').filter((line) => line !== '' && !line.endsWith('='));
}

function patchOptions({ baseline }: JudgedRoot): Omit<PatchOptions, 'exclude'> {
  return { baseline: baseline.baseline, full: false, only: [], conffiles: 'keep', lockTimeoutSeconds: LOCK_SECONDS };
}

/**
 * `kintsugi:bake.patch`: installs the plan that was resolved, by the plan and the run of every other target. A root that
 * was left in the middle could be mended, but would not come to the same bytes.
 */
export function stepPatch(bake: Bake): Promise<{ readonly installed: number }> {
  return step(bake, 'patch', null, { once: true }, async () => {
    const { context } = bake;
    const resolved = await outputOf<ResolveStep>(bake, 'resolve');
    if (resolved.installs.length === 0) return { installed: 0 };
    const watch = { onPhase: context.say, onJournal: () => {} };
    let look = await judgeRoot(rootOf(bake), context);
    const options = patchOptions(look);
    if (needsRepair(look.judged.inventory)) {
      await repairFirst(look.target, look.judged, options, watch);
      look = await judgeRoot(rootOf(bake), context);
    }
    const plan = await planPatch(look.target, look.judged, { ...options, exclude: new Map() });
    const beyond = plan.installs.find(
      (one) => !resolved.installs.some((two) => two.name === one.name && two.to === one.to),
    );
    if (beyond !== undefined)
      throw new KintsugiError('PlanDrift', `The plan has changed since it was resolved: ${beyond.name} came in.`);
    if (plan.installs.length > 0) {
      checkSpace(look.target, look.judged, plan);
      const ready = await prepare(look.target, look.judged, plan, options, watch);
      const end = await install(look.target, ready.plan, options, watch);
      if (end.result !== 'ok') {
        const error = await runError(look.target, end);
        // The log that the error names goes with the root: its end is told here.
        throw new KintsugiError(error.code, `${error.message}\n${end.log.trim().split('\n').slice(-12).join('\n')}`, {
          advice: 'No image was stored.',
        });
      }
    }
    return { installed: resolved.installs.length };
  });
}

/** `kintsugi:bake.hook`: the hooks, one after another. */
export function stepHook(bake: Bake): Promise<{ readonly hooks: number }> {
  return step(bake, 'hook', null, { once: true }, async () => {
    for (const hook of bake.recipe.hooks) {
      bake.context.say(`running the hook ${hook.name}`);
      await runHook(rootOf(bake), hook);
    }
    return { hooks: bake.recipe.hooks.length };
  });
}

/** `kintsugi:bake.gate`: judges what is there now, hooks included. Throws ImageRefused. */
export function stepGate(bake: Bake): Promise<ScanReport> {
  return step(bake, 'gate', null, { once: false }, async () => {
    bake.context.say('judging the outcome');
    const report = imageReport(await judgeRoot(rootOf(bake), bake.context), bake.recipe.family);
    refuseUnlessCompliant(report);
    return report;
  });
}
