import { z } from 'zod';
import { KintsugiError } from '../../core/errors.ts';
import { BOOT_MODES, type BootChecks, bootChecks } from './boot/checks.ts';

/** A name of a family of images, which is a folder's name as well: it can lead nowhere else. */
export const FAMILY = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const DIGEST = /^[0-9a-f]{64}$/;
/** Debian Policy 5.6.1. */
const PACKAGE = /^[a-z0-9][a-z0-9+.-]{1,100}$/;
const MOST_HOOK_BYTES = 1_048_576;

const hook = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'a hook is named by letters, digits, dots, dashes'),
  text: z.string().min(1).max(MOST_HOOK_BYTES),
  timeoutSeconds: z.number().int().min(1).max(86_400),
  network: z.boolean(),
});

const recipe = z.strictObject({
  family: z.string().regex(FAMILY, 'a family is named by lower-case letters, digits and dashes, 63 at the most'),
  /** Where the image begins: an archive's suite, or an earlier image. */
  base: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('suite'),
      suite: z.string().regex(/^[a-z][a-z0-9.-]{0,40}$/, 'a suite is a word, such as bookworm'),
      main: z
        .string()
        .regex(/^(?:https?|file):\/\/?[A-Za-z0-9._~:/%+-]{1,300}$/, 'a mirror is an http, https or file URL'),
      security: z
        .string()
        .regex(/^(?:https?|file):\/\/?[A-Za-z0-9._~:/%+-]{1,300}$/, 'a mirror is an http, https or file URL')
        .nullable(),
      keyring: z.string().regex(/^\/[A-Za-z0-9._/+-]{1,300}$/, 'a keyring is an absolute path'),
    }),
    z.strictObject({ kind: z.literal('image'), family: z.string().regex(FAMILY), digest: z.string().regex(DIGEST) }),
  ]),
  include: z.array(z.string().regex(PACKAGE, 'no name that Debian allows for a package')).max(1000),
  hooks: z.array(hook).max(50),
  checks: bootChecks,
  format: z.enum(['raw', 'qcow2']),
  boot: z.enum([...BOOT_MODES, 'none']),
});

/** What to bake, whole: a hook's text, not its file. Data only. */
export type DiskRecipe = z.infer<typeof recipe>;
export type Hook = z.infer<typeof hook>;
export type { BootChecks };

/** Throws Usage with the first places that are wrong. */
export function checkRecipe(value: unknown): DiskRecipe {
  const parsed = recipe.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 3).map(({ path, message }) => {
    const at = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
    return `${path.join('.')}${typeof at === 'string' ? ` ${JSON.stringify(at.slice(0, 80))}` : ''}: ${message}`;
  });
  throw new KintsugiError('Usage', issues.join('; '), { advice: 'See `kintsugi image bake --help`.' });
}
