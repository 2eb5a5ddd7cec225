import { classify } from './classify.ts';
import type { Context } from './context.ts';
import type { AvailableUpdate, Evidence, InstalledPackage, Inventory } from './inventory.ts';
import type { Candidate } from './judge.ts';

/** The available version as the baseline is asked about it. */
export function candidateOf(
  context: Pick<Context, 'inventory' | 'knowledge' | 'options'> & Partial<Pick<Context, 'approving'>>,
  update: AvailableUpdate,
  installed: InstalledPackage | null,
) {
  const { os } = context.inventory.target;
  const query = {
    ecosystem: os.ecosystem,
    name: update.name,
    source: update.source,
    architecture: update.architecture,
    installedVersion: update.installedVersion,
    availableVersion: update.version,
    installedSourceVersion: installed?.sourceVersion ?? null,
    availableSourceVersion: update.sourceVersion,
  };
  const { knowledge, approving = knowledge } = context;
  // What is told of the update is from today; what it is approved by may be from the moment of a snapshot.
  const classified = classify(query, update.origins, knowledge);
  const known = approving === knowledge ? classified : classify(query, update.origins, approving);
  const candidate: Candidate = {
    ...attributes(context.inventory, update),
    classification: known.classification,
    severity: known.severity?.raw ?? null,
    security: known.classification === 'Security',
    advisoryIds: known.advisories,
    cves: known.cves,
    exploited: known.exploited,
    epss: known.epss,
    releasedAt: known.releasedAt,
    firstSeen: context.options.firstSeen(update),
    listedAt: listedAt(context.inventory.evidence),
  };
  return { classified, candidate };
}

/**
 * When everything in the lists was there at the latest, ISO 8601: lists that were fetched after a freeze, from archives
 * that had not changed since before it, hold nothing newer than the freeze.
 */
export function listedAt({ listsUpdatedAt, listsReleasedAt }: Evidence): string | null {
  const moments = [listsUpdatedAt, listsReleasedAt ?? null].filter((one) => one !== null);
  return moments.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null;
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
    firstSeen: '0001-01-01T00:00:00Z',
  };
}
