import { identity } from '../../core/compliance/context.ts';
import type { Inventory } from '../../core/compliance/inventory.ts';
import type { PlannedInstall } from '../../platforms/apt/install.ts';
import type { FreeSpace } from '../../platforms/apt/plan.ts';

export interface SpaceShortage {
  readonly mount: string;
  readonly needKiB: number;
  readonly freeKiB: number;
}

/** Kept free on every file system that a run writes to: logs, triggers and dpkg's own journal need room too. */
const MARGIN_KIB = 32 * 1024;

/**
 * File systems without the room for a plan. Archives go to /var/cache; dpkg unpacks a new version beside the old one, so that
 * at the worst moment all growth and the largest package are there at once.
 */
export function spaceShortages(
  plan: { installs: readonly PlannedInstall[]; downloadBytes: number },
  inventory: Inventory,
  space: readonly FreeSpace[],
): SpaceShortage[] {
  const installed = new Map(inventory.packages.map((one) => [identity(one), one.installedKiB ?? 0]));
  const sizes = new Map(inventory.updates.map((update) => [identity(update), update.installedKiB ?? 0]));
  let growth = 0;
  let largest = 0;
  for (const one of plan.installs) {
    const size = one.to === null ? 0 : (sizes.get(identity(one)) ?? 0);
    growth += Math.max(0, size - (installed.get(identity(one)) ?? 0));
    largest = Math.max(largest, size);
  }
  const need = new Map<string, number>();
  const add = (path: string, kib: number) => {
    const mount = mountOf(path, space);
    if (mount !== undefined) need.set(mount.mount, (need.get(mount.mount) ?? 0) + kib);
  };
  add('/var/cache', Math.ceil(plan.downloadBytes / 1024));
  add('/usr', growth + largest);
  return shortages(need, space, MARGIN_KIB);
}

/** The same for a /boot of its own, from the files that the fetched archives really put there. */
export function bootShortages(
  boot: readonly { readonly bytes: number }[],
  space: readonly FreeSpace[],
): SpaceShortage[] {
  if (!space.some(({ mount }) => mount === '/boot')) return [];
  const need = Math.ceil(boot.reduce((sum, { bytes }) => sum + bytes, 0) / 1024);
  return need === 0 ? [] : shortages(new Map([['/boot', need]]), space, 0);
}

function shortages(need: ReadonlyMap<string, number>, space: readonly FreeSpace[], margin: number): SpaceShortage[] {
  return [...need].flatMap(([mount, kib]) => {
    const free = space.find((one) => one.mount === mount)?.freeKiB ?? 0;
    return free < kib + margin ? [{ mount, needKiB: kib + margin, freeKiB: free }] : [];
  });
}

function mountOf(path: string, space: readonly FreeSpace[]): FreeSpace | undefined {
  const holds = (mount: string) => mount === '/' || path === mount || path.startsWith(`${mount}/`);
  return space.filter(({ mount }) => holds(mount)).sort((a, b) => b.mount.length - a.mount.length)[0];
}
