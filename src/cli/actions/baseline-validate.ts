import { type BaselineFile, readBaselineFile } from '../../control/patch-manager/baseline-file.ts';
import { asciiJson } from '../../core/ascii-json.ts';
import type { BaselineIssue } from '../../core/baselines/issue.ts';
import type { PatchBaseline } from '../../core/baselines/types.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { excerpt } from '../formats/source-excerpt.ts';
import { type Palette, paint } from '../style.ts';

/** Prints what is wrong and doubtful in a baseline, each with its line and a caret under the place. */
export async function validateBaseline(path: string, options: { json: boolean }): Promise<ExitCode> {
  const file = await readBaselineFile(path);
  const { shown, parsed } = file;
  const issues = parsed.ok ? [] : parsed.issues;
  const { warnings } = parsed;
  if (options.json) {
    process.stdout.write(asciiJson({ file: shown, valid: parsed.ok, issues, warnings }, true));
  } else {
    process.stdout.write(renderValidation(file, paint(process.stdout)));
  }
  return parsed.ok ? EXIT.ok : EXIT.usage;
}

export function renderValidation(file: BaselineFile, palette: Palette): string {
  const { parsed, shown } = file;
  const lines = file.text.replace(/^\ufeff/, '').split(/\r?\n/);
  const faults = parsed.ok ? [] : parsed.issues.map((one) => issueBlock(one, 'error', shown, lines, palette));
  const warnings = parsed.warnings.map((one) => issueBlock(one, 'warning', shown, lines, palette));
  const counts = [count(faults.length, 'error'), count(warnings.length, 'warning')]
    .filter((one) => one !== '')
    .join(', ');
  const verdict = parsed.ok
    ? `${palette.green('valid')}: ${contents(parsed.baseline)}${counts ? `; ${palette.yellow(counts)}` : ''}`
    : `${palette.red('not valid')}: ${counts}`;
  return [...faults, ...warnings, `${shown}: ${verdict}\n`].join('');
}

function issueBlock(
  issue: BaselineIssue,
  kind: 'error' | 'warning',
  file: string,
  lines: readonly string[],
  palette: Palette,
): string {
  const colour = kind === 'error' ? palette.red : palette.yellow;
  const path = issue.path === '' ? '' : `${issue.path}: `;
  const head = `${palette.bold(`${file}:${issue.line}:${issue.column}:`)} ${colour(`${kind}:`)} ${path}${issue.message}`;
  const number = String(issue.line).padStart(4);
  const gutter = ' '.repeat(number.length);
  // A repository's configuration may hold credentials in any form.
  const isSecret = /(^|\.)Configuration\b/.test(issue.path);
  const found = isSecret ? null : excerpt(lines[issue.line - 1] ?? '', issue.column);
  const shown = found
    ? [`${palette.dim(`${number} |`)} ${found.source}`, `${palette.dim(`${gutter} |`)} ${found.indent}${colour('^')}`]
    : [];
  const suggestion =
    issue.suggestion === null ? [] : [`${palette.dim(`${gutter} =`)} ${palette.green(issue.suggestion)}`];
  return `${[head, ...shown, ...suggestion].join('\n')}\n\n`;
}

function contents(baseline: PatchBaseline): string {
  const { ApprovalRules, ApprovedPatches, RejectedPatches, Name, OperatingSystem } = baseline;
  const parts = [
    count(ApprovalRules.PatchRules.length, 'approval rule'),
    ApprovedPatches.length > 0 ? `${ApprovedPatches.length} approved` : '',
    RejectedPatches.length > 0 ? `${RejectedPatches.length} rejected` : '',
  ];
  return [`${Name} for ${OperatingSystem}`, ...parts.filter((part) => part !== '')].join(', ');
}

function count(number: number, noun: string): string {
  return number === 0 ? '' : `${number} ${noun}${number === 1 ? '' : 's'}`;
}
