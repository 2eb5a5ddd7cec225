import { calendarDay } from './calendar-date.ts';
import { isApt } from './filter-vocabulary.ts';
import { fault, quoted, type Report, warn } from './issue.ts';
import { LIMITS } from './limits.ts';
import { readFilterGroup } from './read-filters.ts';
import { readBoolean, readChoice, readFields, readInteger, readNumber, readText } from './readers.ts';
import type { TreeNode } from './tree.ts';
import {
  COMPLIANCE_LEVELS,
  type OperatingSystem,
  type PatchFilterGroup,
  type PatchRule,
  type RuleUrgency,
} from './types.ts';

const RULE_KEYS = [
  'PatchFilterGroup',
  'ComplianceLevel',
  'ApproveAfterDays',
  'ApproveUntilDate',
  'EnableNonSecurity',
  'Kintsugi',
];

type Fields = ReadonlyMap<string, TreeNode>;

export function readRule(node: TreeNode, os: OperatingSystem, report: Report): PatchRule {
  const fields = readFields(node, RULE_KEYS, ['PatchFilterGroup'], report) ?? new Map<string, TreeNode>();
  const group = fields.get('PatchFilterGroup');
  const level = fields.get('ComplianceLevel');
  const nonSecurity = fields.get('EnableNonSecurity');
  const filters: PatchFilterGroup = group ? readFilterGroup(group, os, report) : { PatchFilters: [] };
  const rule: PatchRule = {
    PatchFilterGroup: filters,
    ...(level && { ComplianceLevel: readChoice(level, COMPLIANCE_LEVELS, report) }),
    ...readApproval(fields, report),
    ...(nonSecurity && { EnableNonSecurity: readBoolean(nonSecurity, report) }),
  };
  if (node.kind === 'map') checkApproval(fields, node, os, report);
  if (nonSecurity && rule.EnableNonSecurity && os === 'WINDOWS') {
    warn(report, nonSecurity.at, `EnableNonSecurity is for Linux and changes nothing on ${os}`);
  }
  const kintsugi = fields.get('Kintsugi');
  if (!kintsugi) return rule;
  const delay = rule.ApproveAfterDays ?? (rule.ApproveUntilDate === undefined ? 0 : undefined);
  return { ...rule, Kintsugi: readUrgency(kintsugi, delay, report) };
}

function readApproval(fields: Fields, report: Report): Pick<PatchRule, 'ApproveAfterDays' | 'ApproveUntilDate'> {
  const days = fields.get('ApproveAfterDays');
  const until = fields.get('ApproveUntilDate');
  return {
    ...(days && { ApproveAfterDays: readInteger(days, LIMITS.approveAfterDays, report) }),
    ...(until && { ApproveUntilDate: readDate(until, report) }),
  };
}

function readDate(node: TreeNode, report: Report): string {
  const faults = report.faults.length;
  const text = readText(node, { min: 1, max: 100 }, report);
  if (report.faults.length > faults || calendarDay(text)) return text;
  const isForm = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text);
  const day = text.slice(0, 10);
  fault(
    report,
    node.at,
    isForm ? `${quoted(text)} is not in the calendar` : `must be a date as YYYY-MM-DD, is ${quoted(text)}`,
    !isForm && calendarDay(day) ? `write the day alone: ${day}` : null,
  );
  return text;
}

/** AWS wants exactly one of the two, except on Debian and its kin, where its engine looks at neither. */
function checkApproval(fields: Fields, node: TreeNode, os: OperatingSystem, report: Report): void {
  const until = fields.get('ApproveUntilDate');
  const days = fields.get('ApproveAfterDays');
  if (days && until) {
    const later = until.at.line > days.at.line || until.at.column > days.at.column ? until : days;
    fault(report, later.at, 'a rule has either ApproveAfterDays or ApproveUntilDate, this one has both');
  }
  if (days || until) return;
  if (isApt(os)) {
    warn(report, node.at, 'no ApproveAfterDays and no ApproveUntilDate: what matches is approved at once');
  } else {
    const message = 'the rule needs ApproveAfterDays (0 to 360) or ApproveUntilDate (YYYY-MM-DD)';
    fault(report, node.at, message, 'ApproveAfterDays: 0 approves at once');
  }
}

function readUrgency(node: TreeNode, delay: number | undefined, report: Report): RuleUrgency {
  const fields = readFields(node, ['KnownExploited', 'Epss'], [], report);
  const exploited = fields?.get('KnownExploited');
  const epss = fields?.get('Epss');
  if (fields?.size === 0) warn(report, node.at, 'names neither KnownExploited nor Epss: it changes nothing');
  return {
    ...(exploited && { KnownExploited: readShorterDelay(exploited, ['ApproveAfterDays'], delay, report) }),
    ...(epss && { Epss: readEpss(epss, delay, report) }),
  };
}

function readEpss(node: TreeNode, delay: number | undefined, report: Report): NonNullable<RuleUrgency['Epss']> {
  const keys = ['AtLeast', 'ApproveAfterDays'];
  const atLeast = node.kind === 'map' ? node.entries.find((entry) => entry.key === 'AtLeast')?.value : undefined;
  return {
    AtLeast: atLeast ? readNumber(atLeast, { min: 0, max: 1 }, report) : 0,
    ...readShorterDelay(node, keys, delay, report),
  };
}

/** A delay that exploitation brings; `delay` is the rule's own, undefined where it goes by a date. One that is not shorter than the rule's own never comes into play. */
function readShorterDelay(
  node: TreeNode,
  keys: readonly string[],
  delay: number | undefined,
  report: Report,
): { ApproveAfterDays: number } {
  const days = readFields(node, keys, keys, report)?.get('ApproveAfterDays');
  if (!days) return { ApproveAfterDays: 0 };
  const value = readInteger(days, LIMITS.approveAfterDays, report);
  if (delay !== undefined && value > delay) {
    warn(report, days.at, `${value} days is longer than the rule's own ${delay}: urgency never lengthens a delay`);
  }
  return { ApproveAfterDays: value };
}
