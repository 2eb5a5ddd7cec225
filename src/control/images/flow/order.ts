import { z } from 'zod';
import { parseBaseline } from '../../../core/baselines/parse.ts';
import { KintsugiError } from '../../../core/errors.ts';
import { checkRecipe, type DiskRecipe } from '../../../images/disk/recipe.ts';
import type { LoadedBaseline } from '../../patch-manager/baseline-source.ts';

const MOST_BASELINE_TEXT = 131_072;
export const DEFAULT_BOOT_TIMEOUT_SECONDS = 600;
/** Folders that only root of the server's machine writes to. */
const KEYRINGS =
  /^\/(?:usr\/share\/keyrings|etc\/apt\/keyrings|etc\/apt\/trusted\.gpg\.d)\/[A-Za-z0-9][A-Za-z0-9._+-]*$/;

/** What a bake is told beside its recipe: `Bake` of its tasks. */
export const bakeOptions = z.strictObject({
  /** The baseline as text, in YAML or JSON, and where it came from; absent: the predefined one. */
  Baseline: z
    .strictObject({ From: z.string().min(1).max(300), Text: z.string().min(1).max(MOST_BASELINE_TEXT) })
    .optional(),
  BootTimeoutSeconds: z.int().min(1).max(86_400).optional(),
});
export type BakeOptions = z.infer<typeof bakeOptions>;

/** One bake as a task of a state machine orders it: `{Recipe, Bake}`, checked. */
export interface BakeOrder {
  readonly recipe: DiskRecipe;
  readonly baseline: LoadedBaseline | null;
  readonly bootTimeoutSeconds: number;
}

const task = z.strictObject({ Recipe: z.unknown(), Bake: bakeOptions.default({}) });

/** Reads the input of a task. Throws Usage, BaselineInvalid, and Permission for hooks that this server does not run. */
export function readOrder(input: unknown, allowHooks: boolean): BakeOrder {
  const read = task.safeParse(input);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new KintsugiError(
      'Usage',
      `${issue?.path.join('.') || 'The input'}: ${issue?.message ?? 'it is not usable'}`,
      {
        advice: 'A task of a bake takes {Recipe, Bake}.',
      },
    );
  }
  const { Baseline, BootTimeoutSeconds = DEFAULT_BOOT_TIMEOUT_SECONDS } = read.data.Bake;
  return {
    recipe: checkOrderedRecipe(read.data.Recipe, allowHooks),
    baseline: Baseline === undefined ? null : readBaseline(Baseline),
    bootTimeoutSeconds: BootTimeoutSeconds,
  };
}

/**
 * A recipe that came over the API: whoever may call it is not root of this machine. Hooks run as root in a root of
 * their own, out of which root finds a way, and a keyring decides whose packages run there.
 */
export function checkOrderedRecipe(value: unknown, allowHooks: boolean): DiskRecipe {
  const recipe = checkRecipe(value);
  if (recipe.hooks.length > 0 && !allowHooks) {
    throw new KintsugiError('Permission', 'This server runs no hooks: they would be root on its machine.', {
      advice: 'Start it with --allow-image-hooks, or bake on the machine itself without --publish.',
    });
  }
  if (recipe.base.kind === 'suite' && (!KEYRINGS.test(recipe.base.keyring) || recipe.base.keyring.includes('..'))) {
    throw new KintsugiError('Usage', 'base.keyring: a keyring lies in /usr/share/keyrings or /etc/apt/keyrings.');
  }
  return recipe;
}

export function readBaseline({ From, Text }: { From: string; Text: string }): LoadedBaseline {
  const parsed = parseBaseline(Text, From);
  if (parsed.ok) return { baseline: parsed.baseline, from: From, warnings: parsed.warnings };
  const [issue] = parsed.issues;
  throw new KintsugiError('BaselineInvalid', `${From}: ${issue?.path ?? ''}: ${issue?.message ?? 'it is not valid'}`);
}
