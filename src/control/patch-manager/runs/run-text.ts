import type { Evidence } from '../../../core/compliance/inventory.ts';
import { countPatches } from '../../../core/compliance/summary.ts';
import { refreshText } from './fresh-lists.ts';
import type { PatchRunOutcome, PatchRunRequest } from './patch-run.ts';

/** The standard output of a patch invocation: counters in Systems Manager's names, then what changed and what did not. */
export function patchRunText(request: PatchRunRequest, outcome: PatchRunOutcome): string {
  const { after, baseline, plan, changes } = outcome;
  const counts = countPatches(after.evaluation.patches);
  const lists = refreshText(outcome.lists, after.inventory);
  const lines = [
    `Patch Summary for ${request.instanceId}`,
    '',
    `PATCH BASELINE: ${baseline.Name}${baseline.BaselineId === undefined ? '' : ` (${baseline.BaselineId})`}`,
    `OPERATION: ${request.operation}, reboot option ${request.rebootOption}${outcome.rebooted ? ', the node was restarted' : ''}`,
    ...(request.list ? [`INSTALL LIST: ${request.list.size} entries in the place of what the baseline approves`] : []),
    `STATUS: ${after.evaluation.status}`,
    ...after.evaluation.statusReasons.map((reason) => `  ${reason}`),
    '',
    `InstalledCount: ${counts.installed}`,
    `InstalledOtherCount: ${counts.installedOther}`,
    `InstalledPendingRebootCount: ${counts.installedPendingReboot}`,
    `InstalledRejectedCount: ${counts.installedRejected}`,
    `MissingCount: ${counts.missing}`,
    `FailedCount: ${counts.failed}`,
    `NotApplicableCount: ${counts.notApplicable}`,
    // Before the lists: what shows the output may cut it.
    '',
    ...evidenceLines(after.inventory.evidence),
    ...(lists === null ? [] : [`  ${lists}`]),
  ];
  const changed = changes.filter(({ planned }) => planned);
  if (changed.length > 0)
    lines.push(
      '',
      `CHANGED (${changed.length}):`,
      ...changed.map(({ name, from, to }) => `  ${name} ${from ?? '-'} -> ${to ?? 'removed'}`),
    );
  const missing = after.evaluation.patches.filter(({ state }) => state === 'MISSING' || state === 'FAILED');
  if (missing.length > 0) {
    lines.push('', `${request.operation === 'Scan' ? 'MISSING' : 'NOT INSTALLED'} (${missing.length}):`);
    lines.push(
      ...missing.map(
        ({ name, installedVersion, availableVersion, explanation }) =>
          `  ${name} ${installedVersion ?? '-'} -> ${availableVersion ?? '-'}: ${explanation}`,
      ),
    );
  }
  for (const one of plan?.leftOut ?? []) lines.push(`LEFT OUT ${one.name} ${one.version}: ${one.detail}`);
  const { reboot } = after.inventory;
  if (reboot.required) lines.push('', 'REBOOT NEEDED:', ...reboot.reasons.map(({ detail }) => `  ${detail}`));
  return `${lines.join('\n')}\n`;
}

/** What the answer rests on: how old it is, what gave it, and how its commands ended. */
export function evidenceLines({ gatheredAt, listsUpdatedAt, tools, exitCodes, problems }: Evidence): string[] {
  const words = (pairs: object) => Object.entries(pairs).map(([name, value]) => `${name} ${value}`);
  return [
    'EVIDENCE:',
    `  gathered at ${gatheredAt}, from package lists of ${listsUpdatedAt ?? 'a time that cannot be told'}`,
    `  tools: ${words(tools).join(', ') || 'not told'}`,
    `  exit codes: ${words(exitCodes).join(', ') || 'not told'}`,
    ...problems.map(({ code, message }) => `  ${code}: ${message}`),
  ];
}
