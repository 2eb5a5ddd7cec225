import type { ImageManifest } from './manifest.ts';

type Boot = ImageManifest['boot'];

/** A container runs on this machine's kernel; a machine runs the image's own. */
const STRENGTH = { nspawn: 1, qemu: 2, 'qemu-uefi': 2 } as const;

function strength(boot: Boot): number {
  return boot === null ? 0 : STRENGTH[boot.mode];
}

/** Whether `fresh` says less of the same bytes than `kept` does: a weaker boot, or the same with checks left out. */
export function isWeaker(fresh: Boot, kept: Boot): boolean {
  const difference = strength(fresh) - strength(kept);
  if (difference !== 0) return difference < 0;
  const names = new Set(fresh?.checks.map(({ name }) => name));
  const before = kept?.checks ?? [];
  return before.length > names.size && [...names].every((name) => before.some((one) => one.name === name));
}
