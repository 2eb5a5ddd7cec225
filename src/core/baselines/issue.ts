/** A place in a baseline's text. `path` is the field's own, `ApprovalRules.PatchRules[0].ApproveAfterDays`; '' is the whole. */
export interface Place {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units, as editors count. */
  readonly column: number;
}

/** One thing wrong (or doubtful) in a baseline, with its place. Texts in it are safe to print on a terminal. */
export interface BaselineIssue extends Place {
  /** What is wrong, and what is allowed. */
  readonly message: string;
  /** What was probably meant, or null. */
  readonly suggestion: string | null;
}

/** What the readers of a baseline found so far. */
export interface Report {
  readonly faults: BaselineIssue[];
  readonly warnings: BaselineIssue[];
}

/** Past this many faults nobody reads on; it also bounds the work that a hostile file causes. */
export const MAX_ISSUES = 100;

export function fault(report: Report, at: Place, message: string, suggestion: string | null = null): void {
  if (!isFull(report)) report.faults.push(issue(at, message, suggestion));
}

export function warn(report: Report, at: Place, message: string, suggestion: string | null = null): void {
  if (report.warnings.length < MAX_ISSUES) report.warnings.push(issue(at, message, suggestion));
}

export function isFull(report: Report): boolean {
  return report.faults.length >= MAX_ISSUES;
}

export function issue(at: Place, message: string, suggestion: string | null): BaselineIssue {
  return { path: at.path, line: at.line, column: at.column, message, suggestion };
}

/** In the order of the text. */
export function sorted(issues: readonly BaselineIssue[]): BaselineIssue[] {
  return issues.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

const LONGEST_QUOTE = 60;

/** Text of strangers for a message: in quotes, cut, with everything that a terminal might obey written out. */
export function quoted(text: string): string {
  const cut = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
