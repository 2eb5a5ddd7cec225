import { findBaseline, issueLine, type LoadedBaseline } from '../../control/patch-manager/baseline-source.ts';
import { asciiJson } from '../../core/ascii-json.ts';
import { describeApproval, describeSubject } from '../../core/baselines/explain-rule.ts';
import type { PatchBaseline, PatchFilterGroup } from '../../core/baselines/types.ts';
import { withDefaults } from '../../core/baselines/with-defaults.ts';
import { visible } from '../../core/visible.ts';
import { wrap } from '../formats/wrap.ts';
import { type Palette, paint } from '../style.ts';

/**
 * Prints a baseline with every default filled in; warnings go to standard error. JSON and YAML are the whole baseline,
 * as AWS answers it, with the configuration of its sources.
 */
export async function showBaseline(fileOrName: string, format: 'text' | 'json' | 'yaml'): Promise<void> {
  const loaded = await findBaseline(fileOrName);
  for (const warning of loaded.warnings) {
    process.stderr.write(`kintsugi: ${issueLine(loaded.from, 'warning', warning)}\n`);
  }
  const baseline = withDefaults(loaded.baseline);
  if (format === 'json') process.stdout.write(asciiJson(baseline, true));
  else if (format === 'yaml') {
    const { stringify } = await import('yaml');
    // 1.1 quotes what older readers would take for a date or a boolean; every reader understands the quotes.
    process.stdout.write(stringify(baseline, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false }));
  } else {
    const width = process.stdout.isTTY ? Math.max(40, process.stdout.columns) : Number.POSITIVE_INFINITY;
    process.stdout.write(renderBaseline({ ...loaded, baseline }, width, paint(process.stdout)));
  }
}

/** For people. The configuration of sources is left out: it may hold credentials. */
export function renderBaseline({ baseline, from }: LoadedBaseline, width: number, palette: Palette): string {
  const page: Page = { width, palette };
  return [
    palette.bold(baseline.Name),
    ...field(page, 'for', baseline.OperatingSystem),
    ...field(page, 'from', from),
    ...(baseline.BaselineId === undefined ? [] : field(page, 'id', baseline.BaselineId)),
    ...(baseline.Description === undefined ? [] : field(page, 'about', baseline.Description)),
    ...field(page, 'looks at', describeGlobal(baseline.GlobalFilters)),
    ...rules(page, baseline),
    ...field(page, 'approved', describeApproved(baseline)),
    ...field(page, 'rejected', describeRejected(baseline)),
    ...baseline.Sources.flatMap((source) => field(page, 'source', `${source.Name} for ${source.Products.join(', ')}`)),
    ...securityStatus(page, baseline),
    '',
  ].join('\n');
}

interface Page {
  readonly width: number;
  readonly palette: Palette;
}

const LABEL = 12;

function field(page: Page, label: string, text: string): readonly string[] {
  const indent = ' '.repeat(LABEL);
  const first = `  ${label}`.padEnd(LABEL);
  return wrap(visible(text), page.width, first, indent).map((line, index) =>
    index === 0 ? page.palette.dim(first) + line.slice(first.length) : line,
  );
}

function rules(page: Page, baseline: PatchBaseline): readonly string[] {
  const { PatchRules } = baseline.ApprovalRules;
  if (PatchRules.length === 0) return field(page, 'rules', 'none');
  return PatchRules.flatMap((rule, index) => {
    const text = `${describeSubject(rule, baseline.OperatingSystem)}, ${describeApproval(rule)}`;
    return field(page, `rule ${index + 1}`, `${text}; compliance level ${rule.ComplianceLevel ?? 'UNSPECIFIED'}`);
  });
}

function describeGlobal(group: PatchFilterGroup): string {
  const filters = group.PatchFilters.filter((filter) => !filter.Values.includes('*'));
  if (filters.length === 0) return 'every package';
  return `packages with ${filters.map((filter) => `${filter.Key} ${filter.Values.join('|')}`).join(' and ')}`;
}

function describeApproved(baseline: PatchBaseline): string {
  if (baseline.ApprovedPatches.length === 0) return 'nothing beside the rules';
  const which = baseline.ApprovedPatchesEnableNonSecurity ? 'security or not' : 'security updates only';
  const level = baseline.ApprovedPatchesComplianceLevel;
  return `${baseline.ApprovedPatches.join(', ')} (${which}; compliance level ${level})`;
}

function describeRejected(baseline: PatchBaseline): string {
  if (baseline.RejectedPatches.length === 0) return 'nothing';
  const action =
    baseline.RejectedPatchesAction === 'BLOCK'
      ? 'BLOCK: never installed'
      : 'ALLOW_AS_DEPENDENCY: only for another package';
  return `${baseline.RejectedPatches.join(', ')} (${action})`;
}

function securityStatus(page: Page, baseline: PatchBaseline): readonly string[] {
  const status = baseline.AvailableSecurityUpdatesComplianceStatus;
  return status === undefined ? [] : field(page, 'available', `security updates that wait for approval are ${status}`);
}
