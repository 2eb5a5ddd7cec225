import type { PatchResult, ScanReport } from '../../core/compliance/types.ts';
import { displayName } from './patch-rows.ts';
import { FAULTS, sectionOf } from './sections.ts';
import { element, xmlText } from './xml.ts';

type Outcome = 'passed' | 'failure' | 'error' | 'skipped';

interface TestCase {
  readonly name: string;
  readonly outcome: Outcome;
  /** Status of the target or state of the patch. */
  readonly type: string;
  /** Why it did not pass: the message of the outcome, then details, a line each. */
  readonly reasons: readonly string[];
}

/** The name of the case that is the verdict on the whole. */
const VERDICT = 'patch compliance';

/**
 * JUnit XML: a suite for the target, with one case for the verdict and one a patch. What is installed passes, what is
 * missing fails, what the baseline does not approve is skipped. On an UNKNOWN target the verdict is an error and
 * nothing passes. The de facto schema: https://github.com/testmoapp/junitxml
 */
export function renderJunit(report: ScanReport): string {
  const { target, baseline, status, scannedAt, listsUpdatedAt } = report;
  const cases = [verdict(report), ...report.patches.map((patch) => testCase(patch, report))];
  const count = (outcome: Outcome) => cases.filter((one) => one.outcome === outcome).length;
  const totals = { tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped') };
  const name = target.hostname || target.address;
  const properties = {
    status,
    address: target.address,
    os: target.os.prettyName,
    baseline: baseline.name,
    listsUpdatedAt: listsUpdatedAt ?? 'unknown',
  };
  const suite = element('testsuite', { name, hostname: name, timestamp: scannedAt, time: 0, ...totals }, [
    ...element(
      'properties',
      {},
      Object.entries(properties).flatMap(([key, value]) => element('property', { name: key, value })),
    ),
    ...cases.flatMap((one) => caseLines(one, name)),
  ]);
  const document = element('testsuites', { name: 'kintsugi scan', time: 0, ...totals }, suite);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${document.join('\n')}\n`;
}

function verdict({ status, statusReasons, problems }: ScanReport): TestCase {
  const [headline = status, ...others] = statusReasons;
  const told = problems.map(({ code, message, next }) => `${code}: ${message}${next === null ? '' : ` Next: ${next}`}`);
  const outcome = { COMPLIANT: 'passed', NON_COMPLIANT: 'failure', UNKNOWN: 'error' } as const;
  return { name: VERDICT, outcome: outcome[status], type: status, reasons: [headline, ...others, ...told] };
}

function testCase(patch: PatchResult, report: ScanReport): TestCase {
  const section = sectionOf(patch);
  const told = (outcome: Outcome, reasons: readonly string[]): TestCase => ({
    name: displayName(patch, report.target.architecture),
    outcome,
    type: patch.state,
    reasons,
  });
  if (FAULTS.has(section)) return told('failure', [headline(patch), ...details(patch)]);
  if (section === 'not-approved') return told('skipped', [`${patch.reason}: ${patch.explanation}`]);
  if (report.status !== 'UNKNOWN') return told('passed', []);
  return told('skipped', ['The target is UNKNOWN: whether this is up to date cannot be told.']);
}

function headline({ state, installedVersion, availableVersion }: PatchResult): string {
  const versions = [installedVersion ?? '(not installed)', ...(availableVersion === null ? [] : [availableVersion])];
  return `${state}: ${versions.join(' -> ')}`;
}

function details(patch: PatchResult): readonly string[] {
  const { explanation, rule, severity, advisories, cves, exploited, firstSeen } = patch;
  return [
    explanation,
    `decided by: ${rule.text}`,
    ...(severity === null ? [] : [`severity: ${severity.mapped}, from ${severity.source}`]),
    ...(advisories.length === 0 ? [] : [`advisories: ${advisories.join(', ')}`]),
    ...(exploited.length === 0 ? [] : [`exploited: ${exploited.join(', ')}`]),
    ...(cves.length === 0 ? [] : [`CVEs: ${cves.join(', ')}`]),
    ...(firstSeen === null ? [] : [`first seen: ${firstSeen}`]),
  ];
}

function caseLines({ name, outcome, type, reasons }: TestCase, classname: string): readonly string[] {
  const attributes = { classname, name, time: 0 };
  if (outcome === 'passed') return element('testcase', attributes);
  const [message = '', ...rest] = reasons;
  const why = outcome === 'skipped' ? { message } : { message, type };
  return element('testcase', attributes, element(outcome, why, rest.map(xmlText)));
}
