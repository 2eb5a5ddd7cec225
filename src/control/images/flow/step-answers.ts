import type { BakeKey } from '../../../images/disk/bake-key.ts';
import type { ImageManifest } from '../../../images/store/manifest.ts';
import type { BAKE_STEPS } from '../bake.ts';

export type StepName = keyof typeof BAKE_STEPS;

/** What a state machine gets of a step: short, with capitals. The whole lies in the work folder, for the steps to come. */
export type StepAnswer = Readonly<Record<string, string | number | boolean | null>>;

/** `known` is the digest of an image with the same bake key, or null. */
export function answerOf(step: StepName, output: unknown, known: string | null): StepAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: what the steps of BAKE_STEPS answer, one after the other
  const one = output as any;
  switch (step) {
    case 'kintsugi:bake.base':
      return { Digest: one.digest, From: one.from };
    case 'kintsugi:bake.resolve':
      return { BakeKey: (one.key as BakeKey).bake, Updates: one.installs.length, Known: known };
    case 'kintsugi:bake.patch':
      return { Installed: one.installed };
    case 'kintsugi:bake.hook':
      return { Hooks: one.hooks };
    case 'kintsugi:bake.gate':
      return { Status: one.status, Patches: one.patches.length };
    case 'kintsugi:bake.seal':
      return { Kernel: one.kernel };
    case 'kintsugi:bake.pack':
      return { Digest: `sha256:${one.digest}`, Bytes: one.bytes };
    case 'kintsugi:bake.boot':
      return { Passed: one === null ? null : one.passed, Mode: one?.mode ?? 'none', Seconds: one?.seconds ?? 0 };
    case 'kintsugi:bake.sbom':
      return { Components: one.components };
    case 'kintsugi:bake.sign':
      return { KeyId: one.keyid };
    case 'kintsugi:bake.store': {
      const manifest = one.manifest as ImageManifest;
      return { Digest: `sha256:${manifest.digest}`, Bytes: manifest.bytes, BakeKey: manifest.bakeKey };
    }
  }
}
