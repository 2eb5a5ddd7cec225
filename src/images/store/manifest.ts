import { z } from 'zod';
import { BOOT_MODES } from '../disk/boot/checks.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const imageManifest = z.object({
  schemaVersion: z.literal(1),
  family: z.string(),
  /** SHA-256 of the image's file: what a channel, a rollout and a revocation name it by. */
  digest: sha256,
  format: z.enum(['raw', 'qcow2']),
  bytes: z.number(),
  bakeKey: sha256,
  bakedAt: z.string(),
  builder: z.string(),
  base: z.object({ digest: sha256, from: z.string() }),
  os: z.object({ product: z.string(), prettyName: z.string(), architecture: z.string() }),
  kernel: z.string(),
  baseline: z.object({ name: z.string(), from: z.string() }),
  compliance: z.object({ status: z.literal('COMPLIANT'), judgedAt: z.string(), listsUpdatedAt: z.string().nullable() }),
  boot: z
    .object({
      mode: z.enum(BOOT_MODES),
      passed: z.literal(true),
      kernel: z.string().nullable(),
      seconds: z.number(),
      checks: z.array(z.object({ name: z.string(), passed: z.boolean(), detail: z.string() })),
    })
    .nullable(),
  packages: z.array(z.object({ name: z.string(), architecture: z.string(), version: z.string() })),
  /** Every other file of the folder, by name. */
  files: z.record(z.string(), z.object({ sha256, bytes: z.number() })),
});

/** What an image is and how it came to be: `manifest.json` of its folder. */
export type ImageManifest = z.infer<typeof imageManifest>;
