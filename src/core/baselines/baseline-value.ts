import { filterValues } from './filter-vocabulary.ts';
import { type BaselineIssue, fault, type Place, type Report, sorted } from './issue.ts';
import { readBaseline } from './read-baseline.ts';
import type { TreeEntry, TreeNode } from './tree.ts';
import { OPERATING_SYSTEMS, PATCH_FILTER_KEYS, type PatchBaseline, type PatchFilterGroup } from './types.ts';

export type CheckedBaseline =
  | { readonly ok: true; readonly baseline: PatchBaseline }
  | { readonly ok: false; readonly issues: readonly BaselineIssue[] };

/**
 * Checks a baseline that is data already, as an API call brings it, by the rules of `parseBaseline`, and fills in the
 * defaults. One rule is wider: AWS takes a filter's value by its word and not by the operating system, so that
 * `CLASSIFICATION=Security`, which is Linux's, may stand in a baseline of WINDOWS (and match nothing there).
 * Lines and columns of the issues say nothing; paths do.
 */
export function checkBaseline(value: object): CheckedBaseline {
  const report: Report = { faults: [], warnings: [] };
  const found = readBaseline(treeOf(value, '', report), null, report);
  if (found === null || report.faults.length > 0) return { ok: false, issues: sorted(report.faults) };
  return { ok: true, baseline: { ...found, ...withOwnFilters(value, found) } };
}

/** Deeper than any baseline; a value that is deeper is cut off and then refused for its kind. */
const DEEPEST = 12;

function treeOf(value: unknown, path: string, report: Report, depth = 0): TreeNode {
  const at: Place = { path, line: 1, column: 1 };
  if (typeof value === 'string') return { kind: 'scalar', at, value: text(value, at, report), written: value };
  if (typeof value === 'number' || typeof value === 'boolean')
    return { kind: 'scalar', at, value, written: String(value) };
  if (typeof value !== 'object' || value === null || depth > DEEPEST)
    return { kind: 'scalar', at, value: null, written: '' };
  if (Array.isArray(value)) {
    const items = value.map((item, index) => treeOf(item, `${path}[${index}]`, report, depth + 1));
    return { kind: 'list', at, items };
  }
  const known = knownValues(value);
  const entries = Object.entries(known).flatMap(([key, entry]): TreeEntry[] => {
    if (entry === undefined || entry === null) return [];
    const node = treeOf(entry, path === '' ? key : `${path}.${key}`, report, depth + 1);
    return [{ key, keyAt: node.at, value: node }];
  });
  return { kind: 'map', at, entries };
}

/** Half of a surrogate pair is no text: no store keeps it, and no package is called so. */
function text(value: string, at: Place, report: Report): string {
  if (/\p{Surrogate}/u.test(value)) fault(report, at, 'must not hold unpaired surrogates');
  return value;
}

/** A filter whose words of other operating systems are written as `*`, which every operating system has. */
function knownValues(value: object): object {
  const { Key: key, Values: values } = value as { Key?: unknown; Values?: unknown };
  const filterKey = PATCH_FILTER_KEYS.find((one) => one === key);
  if (filterKey === undefined || !Array.isArray(values)) return value;
  const words = new Set(OPERATING_SYSTEMS.flatMap((os) => filterValues(os, filterKey) ?? []));
  return { ...value, Values: values.map((one: unknown) => (words.has(String(one)) ? '*' : one)) };
}

/** The filters' values as they were given, where reading them has put `*` into the place of a word. */
function withOwnFilters(value: object, found: PatchBaseline): Pick<PatchBaseline, 'GlobalFilters' | 'ApprovalRules'> {
  const given = value as Partial<PatchBaseline>;
  const own = (group: PatchFilterGroup, from: PatchFilterGroup | undefined): PatchFilterGroup => ({
    PatchFilters: group.PatchFilters.map(({ Key, Values }, index) => ({
      Key,
      Values: from?.PatchFilters[index]?.Values ?? Values,
    })),
  });
  return {
    GlobalFilters: own(found.GlobalFilters, given.GlobalFilters),
    ApprovalRules: {
      PatchRules: found.ApprovalRules.PatchRules.map((rule, index) => ({
        ...rule,
        PatchFilterGroup: own(rule.PatchFilterGroup, given.ApprovalRules?.PatchRules[index]?.PatchFilterGroup),
      })),
    },
  };
}
