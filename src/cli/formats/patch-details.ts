import type { Severity } from '../../core/advisories/types.ts';
import type { PatchResult } from '../../core/compliance/types.ts';
import { visible } from '../../core/visible.ts';
import type { Paint } from '../style.ts';
import { duration, elapsed } from './age.ts';
import type { Page } from './page.ts';
import { sectionOf } from './sections.ts';
import { wrap } from './wrap.ts';

/** How many CVE ids a table names before it only counts the others; JSON and `kintsugi explain` have them all. */
const NAMED_CVES = 4;

/** The lines below the rows of patches that have all these facts in common. `indent` is where they start. */
export function detailLines(patch: PatchResult, indent: string, page: Page): readonly string[] {
  const { palette } = page;
  const lines: string[] = [];
  const add = (text: string, paint: Paint) => {
    if (text !== '') lines.push(...wrap(visible(text), page.width, indent).map(paint));
  };
  add(exploited(patch), (line) => palette.bold(palette.red(line)));
  add(cves(patch), (line) => line);
  add(evidence(patch), palette.dim);
  add(approval(patch, page.report.scannedAt), palette.yellow);
  add(remark(patch), palette.yellow);
  return lines;
}

/** Equal for patches that `detailLines` says the same of. */
export function detailKey(patch: PatchResult): string {
  return JSON.stringify([
    exploited(patch),
    patch.cves,
    patch.firstSeen,
    evidence(patch),
    patch.approvedAt ?? approval(patch, ''),
    remark(patch),
  ]);
}

function exploited(patch: PatchResult): string {
  return patch.exploited.length === 0 ? '' : `EXPLOITED in the wild: ${patch.exploited.join(', ')}`;
}

function cves({ cves: ids, exploited: known, epss }: PatchResult): string {
  if (ids.length === 0) return '';
  const score = epss === null ? '' : `; EPSS ${Math.floor(epss * 1000) / 10} %`;
  const others = ids.filter((id) => !known.includes(id));
  if (others.length === 0) return score === '' ? '' : score.slice(2);
  const named = others.slice(0, others.length === NAMED_CVES + 1 ? others.length : NAMED_CVES);
  const more = others.length - named.length;
  return `${ids.length} CVE${ids.length === 1 ? '' : 's'}: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}${score}`;
}

/** Who says that it is a security update, and who says how severe: without the source neither is worth much. */
function evidence(patch: PatchResult): string {
  if (patch.classification === null && patch.severity === null) return '';
  const said: string[] = [];
  if (patch.classification !== null) said.push(`${patch.classification}${classifiedBy(patch)}`);
  if (patch.severity !== null) said.push(severitySource(patch.severity));
  return said.join('; ');
}

function severitySource({ source, raw, mapped }: Severity): string {
  return raw.toLowerCase() === mapped ? `severity from ${source}` : `severity from ${source}: "${raw}"`;
}

function classifiedBy(patch: PatchResult): string {
  switch (patch.classificationSource) {
    case 'advisory':
      return ` by advisory ${patch.advisories.join(', ')}`.trimEnd();
    case 'changelog':
      return ' by its changelog';
    case 'archive':
      return " by the archive's label only";
    case null:
      return '';
  }
}

function approval(patch: PatchResult, now: string): string {
  if (sectionOf(patch) !== 'not-approved' || patch.reason !== 'not-yet-approved') return '';
  if (patch.approvedAt === null) return patch.explanation;
  const left = elapsed(patch.approvedAt, now);
  const day = patch.approvedAt.slice(0, 10);
  return `approved from ${day}${left !== null && left < 0 ? `, in ${duration(-left)}` : ''}`;
}

/** What is out of the ordinary. The headings of unapproved updates already name their reason. */
function remark(patch: PatchResult): string {
  const section = sectionOf(patch);
  if (section === 'not-approved' || section === 'installed') return '';
  return patch.reason === 'update-approved' ? '' : `${patch.reason}: ${patch.explanation}`;
}
