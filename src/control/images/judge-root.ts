import { compareIn } from '../../core/advisories/ecosystem-versions.ts';
import { buildKnowledge } from '../../core/advisories/knowledge.ts';
import type { ScanReport } from '../../core/compliance/types.ts';
import { KintsugiError } from '../../core/errors.ts';
import { rootTarget } from '../../platforms/targets/root.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import { baselineFor, type LoadedBaseline } from '../patch-manager/baseline-source.ts';
import { changelogsFor } from '../patch-manager/changelogs.ts';
import { openFirstSeen } from '../patch-manager/first-seen.ts';
import { gather, type Judged, judgeInventory, scanReport } from '../patch-manager/scan.ts';
import type { BakeContext } from './step.ts';

/** The root of an image that is being made, and what the baseline says of it. */
export interface JudgedRoot {
  readonly target: ScriptTarget;
  readonly judged: Judged;
  readonly baseline: LoadedBaseline;
}

/** Looks at the root with the questions and the judge of every scan. What runs in it ends with this process. */
export async function judgeRoot(root: string, context: BakeContext): Promise<JudgedRoot> {
  const target = rootTarget(root, { offline: false, tied: true });
  const inventory = await gather(target, { full: false, now: context.now });
  const baseline = baselineFor(context.baseline, inventory.target.os.operatingSystem);
  const changelogs = await changelogsFor(target, inventory, { home: context.home, fetch: false });
  const knowledge = buildKnowledge({ ...context.advisories, changelogs: changelogs.bySource, compare: compareIn });
  const seen = await openFirstSeen(context.home, inventory.target.os.ecosystem);
  const judged = await judgeInventory(inventory, { baseline: baseline.baseline, knowledge, seen, now: context.now() });
  return { target, judged, baseline };
}

/** The report of an image by its family's name: the folder that it was built in and its builder are nobody's matter. */
export function imageReport({ judged, baseline }: JudgedRoot, family: string): ScanReport {
  const report = scanReport(judged, baseline.baseline, { from: baseline.from, all: true, again: '' });
  return { ...report, target: { ...report.target, address: family, hostname: family, kernel: null } };
}

/** The gate: only what is compliant becomes an image. Throws ImageRefused with the first reasons. */
export function refuseUnlessCompliant(report: ScanReport): void {
  if (report.status === 'COMPLIANT') return;
  const problems = report.problems.filter(({ unknown }) => unknown).map(({ message }) => message);
  const faults = report.patches
    .filter(({ state }) => state === 'MISSING' || state === 'FAILED' || state === 'INSTALLED_REJECTED')
    .map(({ name, state, explanation }) => `${name}: ${state}: ${explanation}`);
  const lines = [...report.statusReasons, ...problems, ...faults.slice(0, 10)];
  throw new KintsugiError(
    'ImageRefused',
    `The image is ${report.status}:\n${[...new Set(lines)].map((line) => `  ${line}`).join('\n')}`,
    {
      details: { status: report.status, reasons: report.statusReasons },
    },
  );
}
