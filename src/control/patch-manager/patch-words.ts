import type { SeverityLevel } from '../../core/advisories/types.ts';
import { PATCH_STATES, type PatchState } from '../../core/compliance/types.ts';

/** `INSTALLED_OTHER` as AWS's answers write it, which is not as its model does: `InstalledOther`. */
export function stateWord(state: PatchState): string {
  return state
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('');
}

const STATES = new Map(
  PATCH_STATES.flatMap((state) => [state, stateWord(state)].map((word) => [word, state] as const)),
);

/** Either spelling; null: no state is called so. */
export function stateOf(word: string): PatchState | null {
  return STATES.get(word) ?? null;
}

/** AWS's words for severities, which are Red Hat's. */
const SEVERITY: Readonly<Record<SeverityLevel, string>> = {
  critical: 'Critical',
  high: 'Important',
  medium: 'Medium',
  low: 'Low',
  none: 'None',
  unknown: 'Unspecified',
};

export function severityWord(level: SeverityLevel | null): string {
  return SEVERITY[level ?? 'unknown'];
}

/** The levels that a word of a filter asks for, in any case. `Moderate` is `Medium`. */
export function severityLevelsOf(word: string): SeverityLevel[] {
  const wanted = word.toLowerCase() === 'moderate' ? 'medium' : word.toLowerCase();
  return (Object.keys(SEVERITY) as SeverityLevel[]).filter((level) => SEVERITY[level].toLowerCase() === wanted);
}
