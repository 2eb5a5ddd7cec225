import { classify } from './classify.ts';
import type { Context } from './context.ts';
import type { AvailableUpdate, InstalledPackage, Inventory } from './inventory.ts';
import type { Candidate } from './judge.ts';

/** The available version as the baseline is asked about it. */
export function candidateOf(
  context: Pick<Context, 'inventory' | 'knowledge' | 'options'>,
  update: AvailableUpdate,
  installed: InstalledPackage | null,
) {
  const { os } = context.inventory.target;
  const classified = classify(
    {
      ecosystem: os.ecosystem,
      name: update.name,
      source: update.source,
      architecture: update.architecture,
      installedVersion: update.installedVersion,
      availableVersion: update.version,
      installedSourceVersion: installed?.sourceVersion ?? null,
      availableSourceVersion: update.sourceVersion,
    },
    update.origins,
    context.knowledge,
  );
  const candidate: Candidate = {
    ...attributes(context.inventory, update),
    classification: classified.classification,
    severity: classified.severity?.raw ?? null,
    security: classified.classification === 'Security',
    advisoryIds: classified.advisories,
    cves: classified.cves,
    exploited: classified.exploited,
    epss: classified.epss,
    releasedAt: classified.releasedAt,
    firstSeen: context.options.firstSeen(update),
  };
  return { classified, candidate };
}

function attributes(inventory: Inventory, one: InstalledPackage | AvailableUpdate) {
  return {
    product: inventory.target.os.product,
    name: one.name,
    version: one.version,
    arch: one.architecture,
    architecture: one.architecture,
    priority: one.priority,
    section: one.section,
  };
}

/** The installed version as the baseline is asked about it: no delay counts, for it is there already. */
export function installedCandidate(context: Context, one: InstalledPackage, security: boolean): Candidate {
  return {
    ...attributes(context.inventory, one),
    classification: security ? 'Security' : null,
    severity: null,
    security,
    advisoryIds: [],
    cves: [],
    exploited: [],
    epss: null,
    releasedAt: '0001-01-01T00:00:00Z',
    firstSeen: null,
  };
}
