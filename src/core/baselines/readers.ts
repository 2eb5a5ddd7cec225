import { fault, isFull, type Place, quoted, type Report, warn } from './issue.ts';
import type { Limit } from './limits.ts';
import { didYouMean, nearest } from './nearest.ts';
import type { ListNode, TreeNode } from './tree.ts';

/*
 * Readers of single values. Each reports what is wrong and then answers a stand-in of the right type: a baseline with
 * one fault is never used, so its reader can go on and find the next.
 */

/** What stands there, for messages: `is a list`, `is the number 7`. Secret values are never repeated. */
export function describe(node: TreeNode): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a mapping' : 'a list';
  if (node.value === null) return 'empty';
  if (typeof node.value === 'number') return `the number ${node.written.slice(0, 40)}`;
  return typeof node.value === 'boolean' ? String(node.value) : `the text ${quoted(node.value)}`;
}

/** The values of a mapping by key; null (and a fault) where it is none. `ignored` keys are allowed and dropped. */
export function readFields(
  node: TreeNode,
  keys: readonly string[],
  required: readonly string[],
  report: Report,
  ignored: readonly string[] = [],
): ReadonlyMap<string, TreeNode> | null {
  if (node.kind !== 'map') {
    fault(report, node.at, `must be a mapping with the keys ${listed(keys)}, is ${describe(node)}`);
    return null;
  }
  const fields = new Map<string, TreeNode>();
  const seen = new Map<string, number>();
  const meant = new Set<string | null>();
  for (const { key, keyAt, value } of node.entries) {
    if (isFull(report)) break;
    const before = seen.get(key);
    if (before !== undefined) fault(report, keyAt, `the key ${quoted(key)} is here twice, first on line ${before}`);
    else if (keys.includes(key)) fields.set(key, value);
    else if (!ignored.includes(key)) {
      meant.add(nearest(key, keys));
      reportUnknownKey(key, keyAt, keys, report);
    }
    if (before === undefined) seen.set(key, keyAt.line);
  }
  for (const key of required) {
    if (!fields.has(key) && !meant.has(key)) fault(report, node.at, `"${key}" is missing here`);
  }
  return fields;
}

function reportUnknownKey(key: string, at: Place, keys: readonly string[], report: Report): void {
  const suggestion = didYouMean(key, keys);
  const allowed = suggestion ? listed(keys) : keys.join(', ');
  fault(report, at, `unknown key ${quoted(key)}; allowed here: ${allowed}`, suggestion);
}

/** A list of words, cut where nobody would read it. */
export function listed(words: readonly string[]): string {
  const most = 6;
  return words.length <= most + 1
    ? words.join(', ')
    : `${words.slice(0, most).join(', ')} and ${words.length - most} more`;
}

export interface TextRule extends Limit {
  readonly pattern?: RegExp;
  /** The pattern in words: `letters, digits, "_", "-" and "."`. */
  readonly allowed?: string;
  /** The value may hold credentials: messages do not repeat it. */
  readonly secret?: boolean;
}

const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

export function readText(node: TreeNode, rule: TextRule, report: Report): string {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    const wasMeant = node.kind === 'scalar' && node.value !== null && !rule.secret;
    fault(
      report,
      node.at,
      rule.secret ? 'must be text' : `must be text, is ${describe(node)}`,
      wasMeant ? `put it in quotes: "${node.written.slice(0, 64)}"` : null,
    );
    return '';
  }
  const text = node.value;
  const length = [...text].length;
  if (length < rule.min || length > rule.max) {
    fault(report, node.at, `must have ${rule.min} to ${rule.max} characters, has ${length}`);
  } else if (CONTROL.test(text)) {
    fault(report, node.at, 'must not hold control characters');
  } else if (rule.pattern && !rule.pattern.test(text)) {
    fault(report, node.at, `may only hold ${rule.allowed}, is ${quoted(text)}`);
  }
  return text;
}

export function readInteger(node: TreeNode, limit: Limit, report: Report): number {
  const value = readNumber(node, limit, report, 'a whole number');
  if (!Number.isInteger(value)) {
    fault(report, node.at, `must be a whole number from ${limit.min} to ${limit.max}, is ${describe(node)}`);
  }
  return value;
}

/** `what` begins the message: `a number`, `a whole number`. */
export function readNumber(node: TreeNode, limit: Limit, report: Report, what = 'a number'): number {
  const value = node.kind === 'scalar' ? node.value : null;
  if (typeof value === 'number' && value >= limit.min && value <= limit.max) return value;
  const quotedNumber = typeof value === 'string' && /^-?[0-9]{1,9}(?:\.[0-9]{1,9})?$/.test(value);
  fault(
    report,
    node.at,
    `must be ${what} from ${limit.min} to ${limit.max}, is ${describe(node)}`,
    quotedNumber ? `write it without quotes: ${value}` : null,
  );
  return limit.min;
}

export function readBoolean(node: TreeNode, report: Report): boolean {
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
  fault(report, node.at, `must be true or false, is ${describe(node)}`, meantBoolean(node));
  return false;
}

function meantBoolean(node: TreeNode): string | null {
  const word = node.kind === 'scalar' ? String(node.value).toLowerCase() : '';
  if (['yes', 'y', 'on', 'true', '1'].includes(word)) return 'write true, without quotes';
  return ['no', 'n', 'off', 'false', '0'].includes(word) ? 'write false, without quotes' : null;
}

/** One of the words of AWS, whose API is particular about their case. Answers `choices[0]` after a fault. */
export function readChoice<Choice extends string>(
  node: TreeNode,
  choices: readonly [Choice, ...Choice[]],
  report: Report,
): Choice {
  const value = node.kind === 'scalar' ? node.value : null;
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const suggestion = typeof value === 'string' ? didYouMean(value, choices) : null;
  const allowed = suggestion ? listed(choices) : choices.join(', ');
  fault(report, node.at, `must be one of ${allowed}, is ${describe(node)}`, suggestion);
  return choices[0];
}

/** Reads at most `limit.max` items; the first beyond them is the fault. `what` names them: `rules`. */
export function readList<Item>(
  node: TreeNode,
  limit: Limit,
  what: string,
  report: Report,
  readItem: (item: TreeNode) => Item,
): Item[] {
  if (node.kind !== 'list') {
    const wasMeant = node.kind === 'scalar' && node.value !== null;
    const suggestion = wasMeant ? `write a list: [${quoted(node.written)}]` : null;
    fault(report, node.at, `must be a list of ${what}, is ${describe(node)}`, suggestion);
    return [];
  }
  checkSize(node, limit, what, report);
  return node.items.slice(0, limit.max).map(readItem);
}

function checkSize(node: ListNode, limit: Limit, what: string, report: Report): void {
  const size = node.items.length;
  if (size >= limit.min && size <= limit.max) return;
  const extra = node.items[limit.max];
  fault(report, extra?.at ?? node.at, `must be ${limit.min} to ${limit.max} ${what}, there are ${size}`);
}

/** A list of texts, with a warning for each that is there twice (case does not count). */
export function readTexts(
  node: TreeNode,
  limit: Limit,
  what: string,
  rule: TextRule,
  report: Report,
  check: (text: string, item: TreeNode) => void = () => {},
): string[] {
  const seen = new Set<string>();
  return readList(node, limit, what, report, (item) => {
    const faults = report.faults.length;
    const text = readText(item, rule, report);
    if (report.faults.length > faults) return text;
    if (seen.has(text.toLowerCase())) warn(report, item.at, `${quoted(text)} is in this list twice`);
    seen.add(text.toLowerCase());
    check(text, item);
    return text;
  });
}
