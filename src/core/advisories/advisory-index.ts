import { laterDate } from './dates.ts';
import type { Advisory } from './types.ts';

/** Advisories by what people ask for. */
export interface AdvisoryIndex {
  readonly size: number;
  /** In any case; an id without its revision (`DSA-5673`) means all of them. */
  byId(id: string): readonly Advisory[];
  /** Those that name the CVE, in any case. */
  byCve(cve: string): readonly Advisory[];
  /** Ecosystems that any advisory says something of, each with the date of the newest that does; null: undated. */
  readonly coverage: ReadonlyMap<string, string | null>;
}

/** Built once for a set of advisory files; each answer is a map lookup. */
export function indexAdvisories(advisories: Iterable<Advisory>): AdvisoryIndex {
  const ids = new Map<string, Advisory[]>();
  const cves = new Map<string, Advisory[]>();
  const coverage = new Map<string, string | null>();
  let size = 0;
  for (const advisory of advisories) {
    size += 1;
    const id = advisory.id.toUpperCase();
    put(ids, id, advisory);
    const whole = /^(D[A-Z]{1,2}A-\d+)-\d+$/.exec(id)?.[1] ?? /^(USN-\d+)-\d+$/.exec(id)?.[1];
    if (whole !== undefined) put(ids, whole, advisory);
    for (const cve of new Set(advisory.cves)) put(cves, cve.toUpperCase(), advisory);
    const date = laterDate(advisory.issued, advisory.updated);
    for (const { ecosystem } of advisory.affected) {
      coverage.set(ecosystem, laterDate(coverage.get(ecosystem) ?? null, date));
    }
  }
  return {
    size,
    byId: (id) => ids.get(id.toUpperCase()) ?? [],
    byCve: (cve) => cves.get(cve.toUpperCase()) ?? [],
    coverage,
  };
}

function put(map: Map<string, Advisory[]>, key: string, advisory: Advisory): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [advisory]);
  else known.push(advisory);
}
