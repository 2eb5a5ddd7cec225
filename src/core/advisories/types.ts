/** What is known of vulnerabilities, in the shape of OSV: https://ossf.github.io/osv-schema/ */

export const SEVERITY_LEVELS = ['critical', 'high', 'medium', 'low', 'none', 'unknown'] as const;
export type SeverityLevel = (typeof SEVERITY_LEVELS)[number];

/** Sources disagree about severity, so a bare level is never kept: who said it, in whose words, and what we made of it. */
export interface Severity {
  /** `debian`, `ubuntu`, `redhat`, `suse`, `alma`, `cvss:3.1`, `debian-changelog`, … */
  readonly source: string;
  readonly raw: string;
  readonly mapped: SeverityLevel;
}

export type AdvisoryType =
  | 'security'
  | 'bugfix'
  | 'enhancement'
  | 'newpackage'
  | 'recommended'
  | 'optional'
  | 'unknown';

/** One package that an advisory touches. */
export interface AffectedPackage {
  /** OSV ecosystem in lower case with its release: `debian:12`, `ubuntu:22.04`, `almalinux:9`. */
  readonly ecosystem: string;
  readonly name: string;
  /** Debian, Ubuntu and Alpine name sources; rpm distributions name binaries. */
  readonly kind: 'source' | 'binary';
  /** First version that is affected, where that is not simply every version before `fixed`. */
  readonly introduced?: string;
  /** First version that is no longer affected; null while there is no fix. */
  readonly fixed: string | null;
  readonly architecture?: string;
  /** Module stream of rpm distributions, `name:stream`. */
  readonly module?: string;
}

export interface Advisory {
  /** `DSA-5673-1`, `USN-6700-1`, `ALSA-2024:1234`. */
  readonly id: string;
  readonly type: AdvisoryType;
  readonly title: string;
  /** ISO 8601, or null: never a guess, and never 1970. */
  readonly issued: string | null;
  readonly updated: string | null;
  readonly severity: Severity | null;
  readonly cves: readonly string[];
  readonly references: readonly string[];
  readonly affected: readonly AffectedPackage[];
}

/** CISA's Known Exploited Vulnerabilities: https://www.cisa.gov/known-exploited-vulnerabilities-catalog */
export interface KnownExploited {
  readonly cve: string;
  /** YYYY-MM-DD */
  readonly dateAdded: string;
  readonly dueDate: string | null;
  readonly ransomware: boolean;
}

/** FIRST's Exploit Prediction Scoring System: probability of exploitation in the next 30 days. */
export interface EpssScore {
  readonly cve: string;
  /** 0..1 */
  readonly score: number;
  readonly percentile: number;
}

/** One step from an installed to an available version, as advisories are asked about it. */
export interface UpdateQuery {
  readonly ecosystem: string;
  readonly name: string;
  readonly source: string;
  readonly architecture: string;
  /** Of the binary; null when it is not installed. */
  readonly installedVersion: string | null;
  readonly availableVersion: string;
  readonly installedSourceVersion: string | null;
  readonly availableSourceVersion: string;
  /** Module stream of rpm distributions, `name:stream`; null: from no module. Absent: nobody told. */
  readonly module?: string | null;
}

/** Everything that `evaluate()` may ask about vulnerabilities. Built once, asked for every package: each answer is a map lookup. */
export interface Knowledge {
  /** Advisories that the step fixes: installed < fixed <= available. */
  fixedBy(query: UpdateQuery): readonly Advisory[];
  /**
   * CVE ids that the changelog names between the installed and the available version, with the urgency of those
   * entries; null where the changelog was not read (which is not the same as "no CVE").
   */
  changelog(query: UpdateQuery): ChangelogEvidence | null;
  exploited(cve: string): KnownExploited | null;
  epss(cve: string): EpssScore | null;
}

export interface ChangelogEvidence {
  readonly cves: readonly string[];
  /** Highest urgency field of the entries in the step: `low`, `medium`, `high`, `emergency`, `critical`. */
  readonly urgency: string | null;
  /** Distribution fields of the entries, e.g. `bookworm-security`. */
  readonly distributions: readonly string[];
  /** ISO 8601 date of the newest entry. */
  readonly date: string | null;
}

/** One entry of a Debian changelog. https://manpages.debian.org/bookworm/dpkg-dev/deb-changelog.5.en.html */
export interface ChangelogEntry {
  readonly source: string;
  readonly version: string;
  readonly distributions: readonly string[];
  /** First word of the urgency field in lower case; null where the entry has none. */
  readonly urgency: string | null;
  /** ISO 8601 in UTC; null where the trailer has no date that can be told. */
  readonly date: string | null;
  readonly cves: readonly string[];
}
