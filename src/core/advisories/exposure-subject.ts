import { cveId } from './cve.ts';

export const BOUND_OPERATORS = ['<', '<=', '=', '>=', '>'] as const;
export type BoundOperator = (typeof BOUND_OPERATORS)[number];

/** What somebody asks the fleet about. */
export type ExposureSubject =
  | { readonly kind: 'cve'; readonly id: string }
  /** `DSA-5673-1`, `DSA-5673`, `USN-6700-1`, any id of OSV; as it was written. */
  | { readonly kind: 'advisory'; readonly id: string }
  | {
      readonly kind: 'package';
      /** Of a binary or a source package. */
      readonly name: string;
      readonly bound: { readonly operator: BoundOperator; readonly version: string } | null;
    };

const ADVISORY = /^[A-Za-z][A-Za-z0-9]*-[A-Za-z0-9:._+-]*\d[A-Za-z0-9:._+-]*$/;
/** Ids that people also write in lower case; package names have no capitals in Debian. */
const PUBLISHERS =
  /^(?:dsa|dla|dtsa|ela|usn|lsn|ghsa|al[sbe]a|alas\w*|rh[sbe]a|rl[sbe]a|(?:open)?suse-[srfo]u|mgasa|cga)-/i;
const NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]{0,199}$/;
const BOUND = /^([^\s<>=]+)\s*(<<|<=|<|>>|>=|>|==|=)\s*(\S+)$/;
const VERSION = /^[!-~]{1,500}$/;
const SPELLINGS: Readonly<Record<string, BoundOperator>> = { '<<': '<', '>>': '>', '==': '=' };

/**
 * Reads `CVE-2024-3094`, `DSA-5673-1`, `openssl` or `openssl<3.0.17-1~deb12u3` (also dpkg's `<<` and `>>`). Answers
 * what is wrong with anything else.
 */
export function parseExposureSubject(text: string): ExposureSubject | { readonly fault: string } {
  const wanted = text.trim();
  if (wanted === '') return { fault: 'it is empty' };
  if (wanted.length > 800) return { fault: 'it is too long' };
  if (/^cve(?:-|$)/i.test(wanted)) {
    const id = cveId(wanted);
    return id === null
      ? { fault: 'a CVE id is written CVE-YEAR-NUMBER, with four digits or more' }
      : { kind: 'cve', id };
  }
  const bounded = BOUND.exec(wanted);
  if (bounded !== null) {
    const [, name = '', operator = '', version = ''] = bounded;
    if (!NAME.test(name)) return { fault: 'it does not begin with the name of a package' };
    if (!VERSION.test(version)) return { fault: 'what follows the operator is no version' };
    return { kind: 'package', name, bound: { operator: SPELLINGS[operator] ?? (operator as BoundOperator), version } };
  }
  const isAdvisory = ADVISORY.test(wanted) && (PUBLISHERS.test(wanted) || /^[A-Z]/.test(wanted));
  if (isAdvisory && wanted.length <= 100) return { kind: 'advisory', id: wanted };
  if (NAME.test(wanted)) return { kind: 'package', name: wanted, bound: null };
  return { fault: 'it is no CVE id, no advisory id and no name of a package' };
}
