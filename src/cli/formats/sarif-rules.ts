import { linkOf } from '../../core/advisories/links.ts';
import type { SeverityLevel } from '../../core/advisories/types.ts';
import type { PatchResult } from '../../core/compliance/types.ts';
import { visible } from '../../core/visible.ts';
import { sectionOf, severityRank } from './sections.ts';

export type Level = 'error' | 'warning' | 'note';

export interface Rule {
  readonly id: string;
  /** The most severe patch of the rule. */
  readonly patch: PatchResult;
}

/**
 * An advisory where one is known, else the package: what a reader dismisses or assigns as one thing. Without a slash,
 * which would make it the child of another rule (section 3.27.5).
 */
export function ruleId(patch: PatchResult): string {
  const section = sectionOf(patch);
  if (section === 'pending-reboot') return `reboot:${visible(patch.name)}`;
  if (section === 'rejected') return `rejected:${visible(patch.name)}`;
  return visible(patch.advisories[0] ?? `update:${patch.name}`);
}

/** Each rule once, in the order in which the patches first name it. */
export function rulesOf(patches: readonly PatchResult[]): readonly Rule[] {
  return [...Map.groupBy(patches, ruleId)].map(([id, group]) => ({
    id,
    patch: group.reduce((worst, patch) => (severityRank(patch) < severityRank(worst) ? patch : worst)),
  }));
}

export function levelOf(patch: PatchResult): Level {
  if (patch.state === 'FAILED' || patch.exploited.length > 0) return 'error';
  switch (patch.severity?.mapped) {
    case 'critical':
    case 'high':
      return 'error';
    case 'low':
    case 'none':
      return 'note';
    default:
      return 'warning';
  }
}

/**
 * Lower ends of the bands of CVSS, for viewers that sort by a number: the band is what the source says, the number is
 * not a score that anybody gave.
 */
const BAND: Readonly<Partial<Record<SeverityLevel, string>>> = {
  critical: '9.0',
  high: '7.0',
  medium: '4.0',
  low: '0.1',
};

export function ruleDescriptor({ id, patch }: Rule): object {
  const link = linkOf(id);
  const band = patch.severity === null ? undefined : BAND[patch.severity.mapped];
  return {
    id,
    shortDescription: { text: sarifText(shortDescription(patch)) },
    help: { text: sarifText(`\`kintsugi explain ${patch.name}\` tells rule by rule why it is in its state.`) },
    ...(link === null ? {} : { helpUri: link }),
    defaultConfiguration: { level: levelOf(patch) },
    properties: {
      tags: patch.classification === 'Security' ? ['patch', 'security'] : ['patch'],
      ...(band === undefined ? {} : { 'security-severity': band }),
    },
  };
}

function shortDescription({ name, state, advisories }: PatchResult): string {
  if (state === 'INSTALLED_PENDING_REBOOT') return `${name} waits for a reboot.`;
  if (state === 'INSTALLED_REJECTED') return `${name} is rejected by the baseline, but installed.`;
  return advisories[0] === undefined ? `${name} has an update.` : `${advisories[0]} has updates.`;
}

/**
 * Text for a SARIF message: braces are doubled, because single ones are placeholders (section 3.11.5), and nothing in
 * it can become a link (section 3.11.6). https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifText(text: string): string {
  return visible(text).replaceAll(/[{}]/g, '$&$&').replaceAll('](', '] (');
}
