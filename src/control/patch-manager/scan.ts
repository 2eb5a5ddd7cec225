import type { Knowledge } from '../../core/advisories/types.ts';
import type { PatchBaseline } from '../../core/baselines/types.ts';
import type { EvaluateOptions } from '../../core/compliance/context.ts';
import { evaluate } from '../../core/compliance/evaluate.ts';
import type { AvailableUpdate, Inventory } from '../../core/compliance/inventory.ts';
import type { Evaluation, PatchResult, ScanReport } from '../../core/compliance/types.ts';
import { KintsugiError } from '../../core/errors.ts';
import { composeProbe, parseProbe } from '../../platforms/apt/probe.ts';
import { composeRefresh, parseRefresh } from '../../platforms/apt/refresh.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import type { FirstSeen } from './first-seen.ts';
import { lockedError } from './locked.ts';
import { newNonce } from './nonce.ts';

/** Longest that a probe may take: a slow disk without a package cache needs half a minute. */
const PROBE_TIMEOUT_MS = 180_000;
const REFRESH_TIMEOUT_MS = 600_000;

/** Gathers the inventory of a target. Throws where there is none to have; what is doubtful about it is in its problems. */
export async function gather(target: ScriptTarget, options: { full: boolean; now: () => Date }): Promise<Inventory> {
  const nonce = newNonce();
  const outcome = await target.read(composeProbe({ nonce, root: target.root, full: options.full }), {
    timeoutMs: PROBE_TIMEOUT_MS,
  });
  if (outcome.timedOut)
    throw new KintsugiError(
      'ProbeFailed',
      `${target.address}: the probe did not end within ${PROBE_TIMEOUT_MS / 1000} seconds.`,
    );
  if (outcome.tooLong)
    throw new KintsugiError('ProbeFailed', `${target.address}: the probe said more than any machine has to say.`);
  if (!outcome.stdout.includes(nonce)) {
    const said = outcome.stderr.trim().split('\n').at(-1) ?? '';
    throw new KintsugiError('ProbeFailed', `${target.address}: the probe could not run${said ? `: ${said}` : ''}.`);
  }
  return parseProbe(outcome.stdout, { access: target.access, address: target.address, nonce, now: options.now() });
}

/** Fetches the package lists of a target, as root. */
export async function refresh(target: ScriptTarget, lockTimeoutSeconds: number): Promise<void> {
  const nonce = newNonce();
  const outcome = await target.change(composeRefresh(nonce, lockTimeoutSeconds), { timeoutMs: REFRESH_TIMEOUT_MS });
  const failure = outcome.timedOut
    ? `it did not end within ${REFRESH_TIMEOUT_MS / 1000} seconds`
    : parseRefresh(outcome.stdout, nonce);
  if (failure === null) return;
  if (/Could not get lock|unable to (acquire|lock)/i.test(failure)) throw await lockedError(target, failure);
  if (/Permission denied|are you root/i.test(failure))
    throw new KintsugiError('Permission', `${target.address}: ${failure}`);
  throw new KintsugiError('RefreshFailed', `${target.address}: the package lists could not be fetched: ${failure}`);
}

export interface Judged {
  readonly inventory: Inventory;
  readonly evaluation: Evaluation;
  readonly firstSeen: (update: AvailableUpdate) => string | null;
  /** What went wrong beside the judging, in words. */
  readonly warnings: readonly string[];
}

/** Notes what is seen for the first time, then judges the inventory. */
export async function judgeInventory(
  inventory: Inventory,
  options: {
    baseline: PatchBaseline;
    knowledge: Knowledge;
    seen: FirstSeen;
    now: Date;
  } & Pick<EvaluateOptions, 'failed' | 'frozenAt' | 'broughtByList'>,
): Promise<Judged> {
  const { seen, failed, frozenAt, broughtByList } = options;
  const warnings: string[] = [];
  await seen.note(inventory.updates, options.now).catch((error: Error) => {
    warnings.push(
      `When versions were first seen cannot be kept (${error.message}): approval delays start again with every scan.`,
    );
  });
  const firstSeen = (update: AvailableUpdate) => seen.of(update);
  const evaluation = evaluate(inventory, options.knowledge, options.baseline, options.now, {
    firstSeen,
    ...(failed && { failed }),
    ...(frozenAt && { frozenAt }),
    ...(broughtByList && { broughtByList }),
  });
  return { inventory, evaluation, firstSeen, warnings };
}

/**
 * The documented report of a scan. Without `all`, packages that are simply installed are only counted. `again` are the
 * arguments that lead to the same target: commands to copy get them, because the platform does not know how it was reached.
 */
export function scanReport(
  judged: Judged,
  baseline: PatchBaseline,
  options: { from: string; all: boolean; again: string },
): ScanReport {
  const { inventory, evaluation } = judged;
  return {
    schemaVersion: 1,
    target: inventory.target,
    status: evaluation.status,
    statusReasons: evaluation.statusReasons,
    scannedAt: inventory.evidence.gatheredAt,
    listsUpdatedAt: inventory.evidence.listsUpdatedAt,
    baseline: {
      name: baseline.Name,
      id: baseline.BaselineId ?? null,
      operatingSystem: baseline.OperatingSystem,
      from: options.from,
    },
    counts: evaluation.counts,
    rebootRequired: inventory.reboot.required,
    rebootReasons: inventory.reboot.reasons,
    problems: inventory.evidence.problems.map((problem) => ({
      ...problem,
      next: withArguments(problem.next, options.again),
    })),
    patches: options.all ? evaluation.patches : evaluation.patches.filter(isWorthListing),
  };
}

function withArguments(next: string | null, again: string): string | null {
  return next === null || again === '' ? next : next.replace(/^kintsugi [a-z]+/, (start) => `${start} ${again}`);
}

function isWorthListing(patch: PatchResult): boolean {
  return patch.availableVersion !== null || (patch.state !== 'INSTALLED' && patch.state !== 'INSTALLED_OTHER');
}
