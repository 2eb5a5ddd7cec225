import { disjointKey } from './filters.ts';
import { compileGlob } from './glob.ts';
import { type Place, quoted, type Report, warn } from './issue.ts';
import type { TreeNode } from './tree.ts';
import type { PatchBaseline } from './types.ts';

/** Warns of parts that are right one by one and pointless together. `tree` gives the places. */
export function warnOfContradictions(baseline: PatchBaseline, tree: TreeNode, report: Report): void {
  warnOfRejectedApprovals(baseline, tree, report);
  warnOfDeadRules(baseline, tree, report);
  const nothing = baseline.ApprovalRules.PatchRules.length === 0 && baseline.ApprovedPatches.length === 0;
  if (nothing) warn(report, tree.at, 'has no approval rule and no approved patch: it approves nothing');
}

function warnOfRejectedApprovals(baseline: PatchBaseline, tree: TreeNode, report: Report): void {
  const rejected = baseline.RejectedPatches.map((text) => ({ text, glob: compileGlob(text.toLowerCase()) }));
  baseline.ApprovedPatches.forEach((approved, index) => {
    const by = rejected.find(({ glob }) => glob.matches(approved.toLowerCase()));
    if (!by) return;
    const how = by.text === approved ? 'is rejected as well' : `is rejected by ${quoted(by.text)}`;
    warn(report, placeOf(tree, ['ApprovedPatches', index]), `${quoted(approved)} ${how}: a rejection wins`);
  });
}

function warnOfDeadRules(baseline: PatchBaseline, tree: TreeNode, report: Report): void {
  baseline.ApprovalRules.PatchRules.forEach((rule, index) => {
    const key = disjointKey(baseline.GlobalFilters, rule.PatchFilterGroup);
    if (key === null) return;
    const at = placeOf(tree, ['ApprovalRules', 'PatchRules', index]);
    warn(report, at, `this rule can never match: GlobalFilters let no ${key} through that it asks for`);
  });
}

/** The place of the value at the end of `steps`, or of the last value that is there. */
function placeOf(tree: TreeNode, steps: readonly (string | number)[]): Place {
  let node = tree;
  for (const step of steps) {
    const next =
      node.kind === 'map'
        ? node.entries.find((entry) => entry.key === step)?.value
        : node.kind === 'list' && typeof step === 'number'
          ? node.items[step]
          : undefined;
    if (next === undefined) break;
    node = next;
  }
  return node.at;
}
