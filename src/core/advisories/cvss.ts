import { scoreCvss2 } from './cvss2.ts';
import { scoreCvss3 } from './cvss3.ts';
import { scoreCvss4 } from './cvss4.ts';
import { scoreBand } from './severity.ts';
import type { SeverityLevel } from './types.ts';

export type CvssVersion = '2.0' | '3.0' | '3.1' | '4.0';

export interface CvssScore {
  readonly version: CvssVersion;
  /** 0.0 to 10.0, one decimal. */
  readonly score: number;
  readonly severity: SeverityLevel;
}

/**
 * Scores a vector of the Common Vulnerability Scoring System, whichever version it is of, from all the metrics that it
 * defines: https://www.first.org/cvss/. A vector of version 2 has no prefix; the others start with `CVSS:`.
 */
export function scoreCvss(vector: string): CvssScore | { readonly error: string } {
  if (vector.startsWith('CVSS:3')) {
    const scored = scoreCvss3(vector);
    return typeof scored === 'string' ? { error: scored } : rate(scored.version, scored.score);
  }
  const version = vector.startsWith('CVSS:') ? '4.0' : '2.0';
  const score = version === '4.0' ? scoreCvss4(vector) : scoreCvss2(vector);
  return typeof score === 'string' ? { error: score } : rate(version, score);
}

function rate(version: CvssVersion, score: number): CvssScore {
  return { version, score, severity: scoreBand(score, `cvss:${version}`) };
}
