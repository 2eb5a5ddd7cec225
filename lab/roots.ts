import { baseRoot } from './base.ts';
import { copyOf, type LabRoot, labRoot } from './root.ts';
import { VARIANTS, type Variant, type VariantName } from './variants.ts';

/**
 * A Debian root of one's own with updates really pending, broken in the way that `name` tells. Made in well under
 * two seconds once the base is cached. Dispose of it in any case: `await using root = await freshRoot()` or
 * `t.after(root.dispose)`. Call `requireLab` first.
 */
export async function freshRoot(name: VariantName = 'pending'): Promise<LabRoot> {
  const variant: Variant = VARIANTS[name];
  const copy = await copyOf(await baseRoot());
  try {
    const facts = await variant.apply(copy);
    return labRoot(copy.path, copy.dispose, facts);
  } catch (error) {
    await copy.dispose();
    throw error;
  }
}
