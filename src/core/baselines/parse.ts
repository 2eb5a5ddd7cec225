import { warnOfContradictions } from './contradictions.ts';
import { type BaselineIssue, fault, isFull, issue, MAX_ISSUES, type Report, sorted } from './issue.ts';
import { readBaseline } from './read-baseline.ts';
import { readTree } from './read-tree.ts';
import type { ListNode, TreeNode } from './tree.ts';
import type { PatchBaseline } from './types.ts';

/** `warnings` are doubts that do not stop a baseline from being used; both lists are in the order of the text. */
export type ParsedBaseline =
  | { readonly ok: true; readonly baseline: PatchBaseline; readonly warnings: readonly BaselineIssue[] }
  | { readonly ok: false; readonly issues: readonly BaselineIssue[]; readonly warnings: readonly BaselineIssue[] };

/**
 * Reads a patch baseline, YAML or JSON, in AWS's field names and checks it against AWS's rules. The output of
 * `aws ssm get-patch-baseline` is one as it stands, and so are the input of `create-patch-baseline` and a
 * BaselineOverride (a list with one baseline in it, which may lack a Name and then takes that of `fileName`).
 * Never throws, whatever the text is.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetPatchBaseline.html
 */
export function parseBaseline(text: string, fileName: string): ParsedBaseline {
  const report: Report = { faults: [], warnings: [] };
  const tree = readTree(text, report);
  const baseline = tree && read(tree, fileName, report);
  const warnings = sorted(report.warnings);
  if (baseline && report.faults.length === 0) return { ok: true, baseline, warnings };
  const issues = sorted(report.faults);
  const last = issues.at(-1);
  if (last && isFull(report)) issues.push(issue(last, `and more: only the first ${MAX_ISSUES} are shown`, null));
  return { ok: false, issues, warnings };
}

function read(tree: TreeNode, fileName: string, report: Report): PatchBaseline | null {
  const only = tree.kind === 'list' ? onlyItem(tree, report) : tree;
  if (only === null) return null;
  const baseline = readBaseline(only, tree === only ? null : nameFromFile(fileName), report);
  if (baseline && report.faults.length === 0) warnOfContradictions(baseline, only, report);
  return baseline;
}

/** AWS's file for a BaselineOverride holds a list with a baseline for each operating system. */
function onlyItem(list: ListNode, report: Report): TreeNode | null {
  const [first, second] = list.items;
  if (first && !second) return first;
  const message =
    first && second
      ? `a list of ${list.items.length} baselines${operatingSystems(list)}: pick one and put it into a file of its own`
      : 'an empty list: a baseline needs at least a Name';
  fault(report, second?.at ?? list.at, message);
  return null;
}

function operatingSystems(list: ListNode): string {
  const names = list.items.slice(0, 20).flatMap((item) => {
    const found = item.kind === 'map' ? item.entries.find(({ key }) => key === 'OperatingSystem')?.value : undefined;
    return found?.kind === 'scalar' && /^[A-Z0-9_]{1,40}$/.test(found.written) ? [found.written] : [];
  });
  return names.length > 0 ? ` (${names.join(', ')})` : '';
}

/** The file's name as a BaselineName: AWS allows 3 to 128 letters, digits, `_`, `-` and `.`. */
function nameFromFile(fileName: string): string {
  const base = (fileName.split(/[\\/]/).at(-1) ?? '').replace(/\.(?:json|ya?ml)$/i, '');
  const name = base.replace(/[^a-zA-Z0-9_\-.]+/g, '-').slice(0, 128);
  return name.length >= 3 && /[a-zA-Z0-9]/.test(name) ? name : 'BaselineOverride';
}
