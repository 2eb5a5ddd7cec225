import { SEVERITY_LEVELS, type Severity, type SeverityLevel } from './types.ts';

/**
 * What vendors' words mean. No word means two things, so one table serves them all:
 * Debian urgencies (https://security-team.debian.org/security_tracker.html#severity-levels),
 * Ubuntu priorities (https://ubuntu.com/security/cves/about#priority),
 * Red Hat, AlmaLinux, Rocky, Oracle and SUSE ratings (https://access.redhat.com/security/updates/classification),
 * Amazon, GitHub and Microsoft (https://www.microsoft.com/en-us/msrc/security-update-severity-rating-system).
 */
const WORDS: Readonly<Record<string, SeverityLevel>> = {
  critical: 'critical',
  emergency: 'critical',
  high: 'high',
  important: 'high',
  medium: 'medium',
  moderate: 'medium',
  low: 'low',
  minor: 'low',
  negligible: 'low',
  unimportant: 'none',
  none: 'none',
};

/**
 * A severity with its source. `raw` is a vendor's word in any case, or a CVSS score where `source` begins with
 * `cvss`; what is not known (`not yet assigned`, `untriaged`, `end-of-life`) maps to `unknown`, never to a guess.
 */
export function mapSeverity(source: string, raw: string): Severity {
  return { source, raw, mapped: levelOf(source, raw) };
}

function levelOf(source: string, raw: string): SeverityLevel {
  if (source.startsWith('cvss'))
    return /^\d{1,2}(?:\.\d{1,2})?$/.test(raw) ? scoreBand(Number(raw), source) : 'unknown';
  // The tracker marks an urgency that was set by nobody in particular with asterisks: `medium**`.
  const word = raw.trim().toLowerCase().replace(/\*+$/, '');
  return Object.hasOwn(WORDS, word) ? (WORDS[word] ?? 'unknown') : 'unknown';
}

/**
 * The qualitative rating of a CVSS score. https://www.first.org/cvss/v3.1/specification-document (section 5).
 * Version 2 had no `critical` and no `none`: https://nvd.nist.gov/vuln-metrics/cvss
 */
export function scoreBand(score: number, source: string): SeverityLevel {
  if (!(score >= 0 && score <= 10)) return 'unknown';
  if (/^cvss:2/.test(source)) return score >= 7 ? 'high' : score >= 4 ? 'medium' : 'low';
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'none';
}

/** The worst of several; a known level outranks an unknown one. Null where there is none. */
export function worstSeverity(severities: Iterable<Severity>): Severity | null {
  let worst: Severity | null = null;
  for (const one of severities) {
    if (worst === null || rank(one) < rank(worst)) worst = one;
  }
  return worst;
}

function rank({ mapped }: Severity): number {
  return SEVERITY_LEVELS.indexOf(mapped);
}
