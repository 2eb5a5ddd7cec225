import { buildArchive } from './archive/build.ts';
import { LAB_PACKAGES } from './archive/packages.data.ts';
import { baseRoot, cachedRoot } from './base.ts';
import { must } from './command.ts';
import { copyOf, type LabRoot, labRoot } from './root.ts';
import type { Variant } from './variant.ts';
import { VARIANTS, type VariantName } from './variants.ts';

let archive: Promise<string> | undefined;

/**
 * A Debian root of one's own with updates really pending, broken in the way that `name` tells. Made in well under two
 * seconds once its base is cached. Dispose of it in any case: `await using root = await freshRoot()` or
 * `t.after(root.dispose)`. Call `requireLab` first.
 */
export async function freshRoot(name: VariantName = 'pending'): Promise<LabRoot> {
  const variant: Variant = VARIANTS[name];
  const copy = await copyOf(await cachedFor(variant));
  try {
    const facts = await variant.apply(copy);
    return labRoot(copy.path, copy.dispose, facts);
  } catch (error) {
    await copy.dispose();
    throw error;
  }
}

/** The folder of the cached root that a variant is made from: never write in it. */
export function cachedFor(variant: Variant): Promise<string> {
  return variant.from === 'debian' ? baseRoot() : archiveRoot();
}

/** The base with the local archive of the lab's own packages as one more source, its lists read. */
function archiveRoot(): Promise<string> {
  archive ??= baseRoot().then((base) =>
    cachedRoot('archive', [base, LAB_PACKAGES, VERSION], async (target) => {
      await must(['cp', '-a', '--reflink=auto', base, target]);
      await buildArchive(target);
      const list = ['-o', 'Dir::Etc::SourceList=/dev/null', '-o', 'APT::Get::List-Cleanup=0'];
      await must(['chroot', target, 'apt-get', 'update', ...list]);
      await must(['chroot', target, 'apt-get', 'check']);
    }),
  );
  return archive;
}

/** Raised when the making of the archive changes, so that no cache of an older making is used. */
const VERSION = 1;
