import { filterKeys, filterValues, operatingSystemsWithKey } from './filter-vocabulary.ts';
import { comparable } from './filters.ts';
import { fault, quoted, type Report, warn } from './issue.ts';
import { LIMITS } from './limits.ts';
import { didYouMean } from './nearest.ts';
import { describe, listed, readFields, readList, readTexts } from './readers.ts';
import type { TreeNode } from './tree.ts';
import {
  type OperatingSystem,
  PATCH_FILTER_KEYS,
  type PatchFilter,
  type PatchFilterGroup,
  type PatchFilterKey,
} from './types.ts';

const NO_FILTERS: PatchFilterGroup = { PatchFilters: [] };

export function readFilterGroup(node: TreeNode, os: OperatingSystem, report: Report): PatchFilterGroup {
  const fields = readFields(node, ['PatchFilters'], ['PatchFilters'], report);
  const list = fields?.get('PatchFilters');
  if (!list) return NO_FILTERS;
  const seen = new Map<string, number>();
  const filters = readList(list, LIMITS.filters, 'filters', report, (item) => {
    const filter = readFilter(item, os, report);
    if (filter === null) return [];
    const before = seen.get(filter.Key);
    if (before !== undefined) {
      fault(
        report,
        item.at,
        `a second ${filter.Key} filter, the first is on line ${before}: both would have to match`,
        'put the values into one filter: any of them matches',
      );
    }
    seen.set(filter.Key, item.at.line);
    return [filter];
  });
  return { PatchFilters: filters.flat() };
}

function readFilter(node: TreeNode, os: OperatingSystem, report: Report): PatchFilter | null {
  const fields = readFields(node, ['Key', 'Values'], ['Key', 'Values'], report);
  const keyNode = fields?.get('Key');
  const valuesNode = fields?.get('Values');
  if (!keyNode || !valuesNode) return null;
  const key = readKey(keyNode, os, report);
  const values = readTexts(valuesNode, LIMITS.filterValues, 'values', LIMITS.filterValue, report, (value, item) => {
    if (key !== null) checkValue(value, item, key, os, report);
  });
  return key === null ? null : { Key: key, Values: values };
}

/** A key of AWS's that the operating system does not have would never match: as wrong as one that does not exist. */
function readKey(node: TreeNode, os: OperatingSystem, report: Report): PatchFilterKey | null {
  const allowed = filterKeys(os);
  const value = node.kind === 'scalar' ? node.value : null;
  const key = PATCH_FILTER_KEYS.find((one) => one === value);
  if (key !== undefined && allowed.includes(key)) return key;
  const elsewhere = key === undefined ? [] : operatingSystemsWithKey(key);
  const message = `is no filter key of ${os}, which has ${allowed.join(', ')}`;
  if (key !== undefined && elsewhere.length > 0) {
    fault(report, node.at, `${key} ${message}`, `${key} is for ${listed(elsewhere)}: check OperatingSystem`);
  } else {
    fault(
      report,
      node.at,
      `${describe(node)} ${message}`,
      typeof value === 'string' ? didYouMean(value, allowed) : null,
    );
  }
  return null;
}

function checkValue(value: string, node: TreeNode, key: PatchFilterKey, os: OperatingSystem, report: Report): void {
  const allowed = filterValues(os, key);
  if (allowed === null || value === '*' || allowed.includes(value)) return;
  const sameButCase = allowed.find((one) => comparable(key, one) === comparable(key, value));
  if (sameButCase === undefined) {
    const message = `${quoted(value)} is no ${key} of ${os}, which has ${allowed.join(', ')} and "*" for all`;
    fault(report, node.at, message, didYouMean(value, allowed));
  } else if (key !== 'PRIORITY' && sameButCase.toLowerCase() === value.toLowerCase()) {
    warn(report, node.at, `${quoted(value)} matches here, but AWS writes "${sameButCase}"`);
  }
}
