import { type ParsedBaseline, parseBaseline } from './parse.ts';

export interface Checked {
  readonly parsed: ParsedBaseline;
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

/** Issues as `line:column path: message (suggestion)`, faults and warnings apart. */
export function check(text: string, fileName = 'web.yaml'): Checked {
  const parsed = parseBaseline(text, fileName);
  const show = (issues: typeof parsed.warnings) =>
    issues.map(
      (one) => `${one.line}:${one.column} ${one.path}: ${one.message}${one.suggestion ? ` (${one.suggestion})` : ''}`,
    );
  return { parsed, faults: parsed.ok ? [] : show(parsed.issues), warnings: show(parsed.warnings) };
}

/** A Debian baseline with these lines in it. */
export const debian = (...lines: string[]) => ['Name: web', 'OperatingSystem: DEBIAN', ...lines, ''].join('\n');

/** A Debian baseline with one rule that has these lines; they begin on line 5. */
export const rule = (...lines: string[]) =>
  debian('ApprovalRules:', '  PatchRules:', `    - ${lines.join('\n      ')}`);
