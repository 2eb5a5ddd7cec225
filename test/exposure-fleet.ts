import { type Exposure, exposureOf } from '../src/control/exposure/exposure.ts';
import { type AdvisorySet, noAdvisories } from '../src/control/patch-manager/advisory-folder.ts';
import { type ArchiveKnowledge, NO_REPOSITORIES } from '../src/control/repositories/repositories.ts';
import { indexAdvisories } from '../src/core/advisories/advisory-index.ts';
import { parseExposureSubject } from '../src/core/advisories/exposure-subject.ts';
import type { Advisory, AffectedPackage } from '../src/core/advisories/types.ts';
import type { Database } from '../src/store/database.ts';

export function advisory(
  id: string,
  affected: readonly Partial<AffectedPackage>[],
  cves: readonly string[] = [],
): Advisory {
  return {
    id,
    type: 'security',
    title: id,
    issued: '2026-11-20T00:00:00Z',
    updated: null,
    severity: null,
    cves,
    references: [`https://tracker.example/${id}`],
    affected: affected.map((one) => ({ ecosystem: 'debian:12', kind: 'source', name: 'openssl', fixed: null, ...one })),
  };
}

/** A set of advisory files that says just this. */
export async function advisorySet(
  advisories: readonly Advisory[],
  more: Partial<AdvisorySet> = {},
): Promise<AdvisorySet> {
  return { ...(await noAdvisories()), index: indexAdvisories(advisories), newest: '2026-11-20', ...more };
}

/** What the fleet of a store says to a question. */
export async function askExposure(
  db: Database,
  question: string,
  given: { account: string; now: Date; advisories: AdvisorySet; archives?: ArchiveKnowledge },
): Promise<Exposure> {
  const subject = parseExposureSubject(question);
  if ('fault' in subject) throw new Error(subject.fault);
  return exposureOf({ db, archives: NO_REPOSITORIES, ...given }, subject);
}
