import type { Knowledge } from '../../../core/advisories/types.ts';
import type { PatchBaseline } from '../../../core/baselines/types.ts';
import { evaluate } from '../../../core/compliance/evaluate.ts';
import type { AvailableUpdate, InstalledPackage, Inventory, Origin } from '../../../core/compliance/inventory.ts';
import type { PatchResult } from '../../../core/compliance/types.ts';
import type { FirstSeen } from '../../patch-manager/first-seen.ts';
import type { ArchiveKnowledge, Published } from '../../repositories/repositories.ts';
import type { KnownImage } from './gold.ts';

export interface DriftQuestion {
  readonly image: KnownImage;
  readonly baseline: PatchBaseline;
  readonly knowledge: Knowledge;
  readonly archives: ArchiveKnowledge;
  readonly seen: FirstSeen;
  readonly now: Date;
}

/**
 * Which approved updates an image misses, without starting it: its packages by its manifest, the versions that the
 * server's package indexes have, and the judge of every scan. null: the server cannot tell, since it knows no
 * repositories of such a system, or their lists are old or not whole.
 */
export async function driftOf(question: DriftQuestion): Promise<readonly PatchResult[] | null> {
  const { image, archives, seen, now } = question;
  const { manifest, codename } = image;
  const node = { product: manifest.os.product, codename, architecture: manifest.os.architecture };
  const updates: AvailableUpdate[] = [];
  for (const one of manifest.packages) {
    const answer = archives.newest(node, one, now);
    if (answer === null || !answer.complete) return null;
    if (answer.newest !== null) updates.push(updateOf(one.version, one.name, answer.newest));
  }
  if (manifest.packages.length === 0) return null;
  await seen.note(updates, now);
  const { patches } = evaluate(inventoryOf(question, updates), question.knowledge, question.baseline, now, {
    firstSeen: (update) => seen.of(update),
  });
  return patches.filter(({ state }) => state === 'MISSING');
}

function updateOf(installedVersion: string, name: string, newest: Published): AvailableUpdate {
  const { architecture, version, source, sourceVersion, priority, section, size } = newest;
  const origins = [originOf(newest)];
  return {
    ...{ name, architecture, version, installedVersion, source, sourceVersion, priority, section, origins, size },
    ...{ installedKiB: null, blocked: null },
  };
}

/** The indexes hold only what a trusted key has signed. */
function originOf({ codename, origin }: Published): Origin {
  return { origin, label: origin, archive: codename, codename, component: 'main', site: '', trusted: true };
}

/** What the manifest does not say of a package decides nothing about an update of it: that has its own section and priority. */
function inventoryOf({ image, now, baseline }: DriftQuestion, updates: readonly AvailableUpdate[]): Inventory {
  const { manifest, codename, ecosystem } = image;
  const packages = manifest.packages.map((one): InstalledPackage => {
    const update = updates.find(({ name, installedVersion }) => name === one.name && installedVersion === one.version);
    const { source, section, priority } = update ?? { source: one.name, section: '', priority: '' };
    return {
      ...{ ...one, source, sourceVersion: one.version, section, priority },
      ...{ installedKiB: null, status: 'installed', held: false, origins: [] },
    };
  });
  const [id = '', versionId = ''] = ecosystem.split(':');
  const { product, prettyName, architecture } = manifest.os;
  const os = { id, versionId, codename, prettyName, operatingSystem: baseline.OperatingSystem, product, ecosystem };
  const at = now.toISOString();
  return {
    target: { access: 'offline', address: manifest.family, hostname: manifest.family, os, architecture, kernel: null },
    packages,
    updates,
    ...{ removals: [], installedSinceBoot: [], reboot: { required: false, reasons: [] } },
    evidence: { gatheredAt: at, listsUpdatedAt: at, tools: {}, exitCodes: {}, problems: [] },
  };
}
