import { scanReport } from '../../control/patch-manager/scan.ts';
import type { PatchOutcome } from '../actions/patch-outcome.ts';

/** The outcome of `kintsugi patch --json`, version 1; `after` is a scan report (documents/scan.schema.json). */
export function patchJson(outcome: PatchOutcome) {
  const { session, plan, before, after, end } = outcome;
  const report = (judged: typeof before) =>
    scanReport(judged, session.baseline, { from: session.from, all: false, again: outcome.again });
  return {
    schemaVersion: 1,
    target: before.inventory.target,
    dryRun: outcome.dryRun,
    repair: outcome.repair,
    plan: plan.installs.map(({ step, name, architecture, from, to, chosen }) => ({
      step,
      name,
      architecture,
      from,
      to,
      chosen,
    })),
    leftOut: plan.leftOut,
    downloadBytes: plan.downloadBytes,
    run:
      end === null
        ? null
        : { id: end.runId, result: end.result, detail: end.detail, log: `/var/lib/kintsugi/runs/${end.runId}/log` },
    changes: outcome.changes,
    conffilesKept: outcome.conffilesKept,
    statusBefore: before.evaluation.status,
    after: after === null ? null : report(after),
    rebooting: outcome.rebooting,
    error: outcome.error?.toJSON() ?? null,
  };
}
