import type { BaselineIssue } from '../../core/baselines/issue.ts';
import { findPredefined, nearestPredefined, predefinedFor } from '../../core/baselines/predefined.ts';
import type { OperatingSystem, PatchBaseline } from '../../core/baselines/types.ts';
import { KintsugiError } from '../../core/errors.ts';
import { readBaselineFile } from './baseline-file.ts';

export interface LoadedBaseline {
  readonly baseline: PatchBaseline;
  /** For people: `predefined`, the file's path, or `standard input`. */
  readonly from: string;
  readonly warnings: readonly BaselineIssue[];
}

const MOST_LINES = 10;

/**
 * The baseline that judges a machine of `os`: the predefined one without `fileOrName`, else the named predefined one,
 * else the file (`-`: standard input).
 * Throws BaselineNotFound; BaselineInvalid with every issue in `details.issues`, also for one of another operating
 * system; Permission.
 */
export async function loadBaseline(fileOrName: string | undefined, os: OperatingSystem): Promise<LoadedBaseline> {
  return baselineFor(fileOrName === undefined ? null : await findBaseline(fileOrName), os);
}

/** A baseline that was already found, or the predefined one. Throws BaselineInvalid for one of another operating system. */
export function baselineFor(loaded: LoadedBaseline | null, os: OperatingSystem): LoadedBaseline {
  if (loaded === null) return { baseline: predefinedFor(os), from: 'predefined', warnings: [] };
  const { baseline, from } = loaded;
  if (baseline.OperatingSystem === os) return loaded;
  const name = from === 'predefined' ? baseline.Name : from;
  const unnamed = loaded.warnings.some((warning) => warning.message.startsWith('OperatingSystem is missing'));
  const reason = unnamed ? ', because it names no OperatingSystem' : '';
  throw new KintsugiError(
    'BaselineInvalid',
    `${name} is a baseline for ${baseline.OperatingSystem}${reason}; this machine runs ${os}.`,
    {
      advice: `Give a baseline for ${os}, or none: then it is ${predefinedFor(os).Name}.`,
      details: { operatingSystem: baseline.OperatingSystem, wanted: os },
    },
  );
}

/** The predefined baseline of that name or id, else the file. Throws as `loadBaseline` does. */
export async function findBaseline(fileOrName: string): Promise<LoadedBaseline> {
  const predefined = findPredefined(fileOrName);
  if (predefined) return { baseline: predefined, from: 'predefined', warnings: [] };
  const { shown, parsed } = await readBaselineFile(fileOrName).catch((error: unknown) => {
    throw withNameMeant(fileOrName, error);
  });
  if (parsed.ok) return { baseline: parsed.baseline, from: shown, warnings: parsed.warnings };
  const lines = parsed.issues.slice(0, MOST_LINES).map((one) => `  ${issueLine(shown, 'error', one)}`);
  const more = parsed.issues.length - MOST_LINES;
  if (more > 0) lines.push(`  and ${more} more`);
  throw new KintsugiError('BaselineInvalid', `${shown} is not a valid patch baseline:\n${lines.join('\n')}`, {
    details: { file: shown, issues: parsed.issues, warnings: parsed.warnings },
  });
}

/** An issue in one line: `web.yaml:3:5: error: Name: must be text, is a list (did you mean …)`. */
export function issueLine(file: string, kind: 'error' | 'warning', issue: BaselineIssue): string {
  const path = issue.path === '' ? '' : `${issue.path}: `;
  const suggestion = issue.suggestion === null ? '' : ` (${issue.suggestion})`;
  return `${file}:${issue.line}:${issue.column}: ${kind}: ${path}${issue.message}${suggestion}`;
}

/** What is no file and looks like none was meant as a name. */
function withNameMeant(fileOrName: string, error: unknown): unknown {
  const isName = /^[A-Za-z0-9_:-]{1,128}$/.test(fileOrName);
  if (!isName || !(error instanceof KintsugiError) || error.code !== 'BaselineNotFound') return error;
  const meant = nearestPredefined(fileOrName);
  const question = meant === null ? '' : ` Did you mean "${meant}"?`;
  return new KintsugiError(
    'BaselineNotFound',
    `${fileOrName} is neither a file nor a predefined baseline.${question}`,
    { cause: error },
  );
}
