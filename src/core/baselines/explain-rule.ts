import type { OperatingSystem, PatchFilter, PatchRule, RuleUrgency } from './types.ts';

const MOST_VALUES = 6;

/**
 * A rule in one line of plain words, for tables: `rule 1: CLASSIFICATION Security and SEVERITY Critical|Important,
 * after 7 days`. `index` counts from 0, the text from 1. With `os` the line is exact for Windows as well, where
 * EnableNonSecurity does not exist.
 */
export function describeRule(rule: PatchRule, index: number, os?: OperatingSystem): string {
  return `rule ${index + 1}: ${describeSubject(rule, os)}, ${describeApproval(rule)}`;
}

/** What the rule asks for: `security updates with PRIORITY Required|Important`. */
export function describeSubject(rule: PatchRule, os?: OperatingSystem): string {
  const filters = rule.PatchFilterGroup.PatchFilters.filter((filter) => !filter.Values.includes('*'));
  const words = filters.map(describeFilter).join(' and ');
  const kind = describeKind(rule, filters, os);
  if (words === '') return kind;
  // A classification already says which updates these are.
  return filters.some((filter) => filter.Key === 'CLASSIFICATION') ? words : `${kind} with ${words}`;
}

function describeKind(rule: PatchRule, filters: readonly PatchFilter[], os: OperatingSystem | undefined): string {
  const isWindows =
    os === 'WINDOWS' ||
    filters.some(({ Key }) => Key === 'MSRC_SEVERITY' || Key === 'PATCH_SET' || Key === 'PRODUCT_FAMILY');
  if (!isWindows && !rule.EnableNonSecurity) return filters.length > 0 ? 'security updates' : 'all security updates';
  return filters.length > 0 ? 'updates' : 'all updates';
}

function describeFilter(filter: PatchFilter): string {
  const shown = filter.Values.slice(0, MOST_VALUES).join('|');
  const more = filter.Values.length - MOST_VALUES;
  return `${filter.Key} ${shown}${more > 0 ? `|… (${more} more)` : ''}`;
}

/** When the rule approves: `after 7 days`, `released up to 2024-06-30`, and sooner for what is exploited. */
export function describeApproval(rule: PatchRule): string {
  const { ApproveAfterDays: days = 0, ApproveUntilDate: until, Kintsugi: urgency } = rule;
  const usual = until === undefined ? describeDelay(days) : `released up to ${until}`;
  return [usual, ...describeUrgency(urgency, until === undefined ? days : null)].join(', ');
}

/** `delay` is the rule's own in days, null where it goes by a date. What is not shorter is not worth a word. */
function describeUrgency(urgency: RuleUrgency | undefined, delay: number | null): string[] {
  const isShorter = (days: number) => delay === null || days < delay;
  const { KnownExploited: exploited, Epss: epss } = urgency ?? {};
  return [
    ...(exploited && isShorter(exploited.ApproveAfterDays)
      ? [`${describeDelay(exploited.ApproveAfterDays)} when known to be exploited`]
      : []),
    ...(epss && isShorter(epss.ApproveAfterDays)
      ? [`${describeDelay(epss.ApproveAfterDays)} when EPSS is ${epss.AtLeast} or more`]
      : []),
  ];
}

function describeDelay(days: number): string {
  return days === 0 ? 'at once' : `after ${days} day${days === 1 ? '' : 's'}`;
}
