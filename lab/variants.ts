import type { Variant } from './variant.ts';
import { FULL_BOOT } from './variants/boot.ts';
import { CONFFILE, HALF_CONFIGURED, HELD, INTERRUPTED, LOCKED, UNPACKED } from './variants/dpkg.ts';
import { MIRROR_DOWN, MIRROR_DOWN_STALE, MISSING_SECURITY_LISTS, NO_LISTS } from './variants/sources.ts';
import {
  FAILING_POSTINST,
  KEPT_BACK,
  NEW_DEPENDENCY,
  ODD_NAMES,
  PENDING,
  PHASED,
  PLAIN,
  REBOOT,
  SLOW_POSTINST,
} from './variants/updates.ts';

/** Every kind of root that the lab makes, by the name that `freshRoot` takes. */
export const VARIANTS = {
  pending: PENDING,
  plain: PLAIN,
  'new-dependency': NEW_DEPENDENCY,
  'kept-back': KEPT_BACK,
  phased: PHASED,
  held: HELD,
  conffile: CONFFILE,
  'odd-names': ODD_NAMES,
  reboot: REBOOT,
  'failing-postinst': FAILING_POSTINST,
  'slow-postinst': SLOW_POSTINST,
  'half-configured': HALF_CONFIGURED,
  unpacked: UNPACKED,
  interrupted: INTERRUPTED,
  locked: LOCKED,
  'full-boot': FULL_BOOT,
  'no-lists': NO_LISTS,
  'missing-security-lists': MISSING_SECURITY_LISTS,
  'mirror-down': MIRROR_DOWN,
  'mirror-down-stale': MIRROR_DOWN_STALE,
} as const satisfies Record<string, Variant>;

export type VariantName = keyof typeof VARIANTS;
