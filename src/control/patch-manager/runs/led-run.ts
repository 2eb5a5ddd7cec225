import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knowledge } from '../../../core/advisories/types.ts';
import type { OperatingSystem } from '../../../core/baselines/types.ts';
import type { PluginResult } from '../../../store/schema/commands.ts';
import { keepScannedApplications } from '../../inventory/scanned-applications.ts';
import { patchGroupOf } from '../../managed-nodes/nodes.ts';
import type { FetchFile } from '../../run-command/command-file.ts';
import type { LedInvocation } from '../../run-command/orchestration.ts';
import { firstSeenRecord } from '../available-patches.ts';
import { markPatchStateUnknown, recordPatchOperation } from '../record-patches.ts';
import type { Snapshot } from '../snapshots.ts';
import { installListOf, parameter, snapshotOf } from './overrides.ts';
import { type PatchRunContext, type PatchRunOutcome, type PatchRunRequest, runPatchOperation } from './patch-run.ts';
import { patchRunText } from './run-text.ts';

export interface PatchOrchestrationNeeds {
  /** What is known of vulnerabilities now. */
  readonly knowledge: () => Promise<Knowledge>;
  /** True for a node that may be scanned and never changed. */
  readonly isScanOnly: (invocation: LedInvocation) => Promise<boolean>;
  /** For the addresses of InstallOverrideList and BaselineOverride. */
  readonly fetchFile: FetchFile;
}

export interface Ended {
  readonly status: 'Success' | 'Failed';
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

type Between = Pick<PatchRunContext, 'beforeRestart' | 'isInstalled'>;

/** Why a command is not begun at all, or null. */
export async function refusalOf(needs: PatchOrchestrationNeeds, invocation: LedInvocation): Promise<string | null> {
  const overrides = ['InstallOverrideList', 'BaselineOverride'].filter((name) => parameter(invocation, name) !== '');
  if (overrides.length === 2) {
    return 'InstallOverrideList and BaselineOverride cannot be given together: nothing was scanned or installed.\n';
  }
  const installs = parameter(invocation, 'Operation') === 'Install';
  if (installs && (await needs.isScanOnly(invocation))) {
    return 'This node may only be scanned: its server was started without --allow-patching.\n';
  }
  return null;
}

/** The patch run of an invocation with its record in the store. Throws KintsugiError where the node told nothing. */
export async function patchAndRecord(
  needs: PatchOrchestrationNeeds,
  invocation: LedInvocation,
  between: Between = {},
): Promise<Ended> {
  const request: PatchRunRequest = {
    instanceId: invocation.instanceId,
    operation: parameter(invocation, 'Operation') === 'Install' ? 'Install' : 'Scan',
    rebootOption: parameter(invocation, 'RebootOption') === 'NoReboot' ? 'NoReboot' : 'RebootIfNeeded',
    list: await installListOf(invocation, needs.fetchFile),
  };
  const { outcome, patchGroup, snapshotId } = await run(needs, invocation, request, between);
  await record(invocation, request, outcome, patchGroup, snapshotId);
  const failed = outcome.error !== null || outcome.after.evaluation.counts.failed > 0;
  const error = outcome.error === null ? '' : `${outcome.error.message}\n${outcome.error.advice}\n`;
  const out = patchRunText(request, outcome);
  return { status: failed ? 'Failed' : 'Success', code: failed ? 1 : 0, out, error };
}

async function run(
  needs: PatchOrchestrationNeeds,
  invocation: LedInvocation,
  request: PatchRunRequest,
  between: Between,
) {
  const { db, account, instanceId, now, signal } = invocation;
  const patchGroup = await patchGroupOf(db, account, instanceId);
  const snapshotId = parameter(invocation, 'SnapshotId') || ownSnapshotId(invocation);
  const snapshots = new Map<OperatingSystem, Snapshot>();
  const outcome = await runPatchOperation(
    {
      ...between,
      messenger: { send: invocation.send },
      knowledge: await needs.knowledge(),
      now,
      mayChange: async () => !(await needs.isScanOnly(invocation)),
      sleep: (milliseconds) => sleep(milliseconds, undefined, { signal }),
      onPhase: () => {},
      beforeChange: () => {
        const since = now().toISOString();
        return markUnknown(invocation, `An installation began at ${since}, and its outcome is not proved yet.`);
      },
      snapshotFor: async (operatingSystem) => {
        const key = { account, patchGroup, operatingSystem, snapshotId };
        const known = snapshots.get(operatingSystem) ?? (await snapshotOf(invocation, key, needs.fetchFile));
        snapshots.set(operatingSystem, known);
        return known;
      },
      firstSeen: (inventory) => firstSeenRecord(db, account, inventory),
    },
    request,
  );
  return { outcome, patchGroup, snapshotId };
}

/** Every node of a command without a SnapshotId gets its own, the same however often the run begins anew. */
function ownSnapshotId({ commandId, instanceId }: LedInvocation): string {
  const digest = createHash('sha256').update(`${commandId} ${instanceId}`).digest('hex');
  const part = (from: number, to: number) => digest.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-4${part(13, 16)}-8${part(17, 20)}-${part(20, 32)}`;
}

/** Until a look at the node tells more. */
export async function markUnknown({ account, instanceId, whileLeading }: LedInvocation, reason: string): Promise<void> {
  await whileLeading((tx) => markPatchStateUnknown(tx, { account, instanceId, reason }));
}

async function record(
  invocation: LedInvocation,
  request: PatchRunRequest,
  outcome: PatchRunOutcome,
  patchGroup: string | null,
  snapshotId: string,
): Promise<void> {
  const { account, instanceId, whileLeading } = invocation;
  const { after, baseline } = outcome;
  await whileLeading(async (tx) => {
    await recordPatchOperation(tx, {
      account,
      instanceId,
      patchGroup,
      baselineId: baseline.BaselineId ?? '',
      snapshotId,
      operation: request.operation,
      rebootOption: request.operation === 'Install' ? request.rebootOption : null,
      installOverrideList: request.list ? parameter(invocation, 'InstallOverrideList') : null,
      startedAt: outcome.startedAt,
      endedAt: outcome.endedAt,
      evaluation: after.evaluation,
      inventory: after.inventory,
    });
    await keepScannedApplications({ db: tx, account, now: outcome.endedAt }, instanceId, after.inventory);
  });
}

/** What the command shows as one of its steps. */
export function pluginOf(name: string, { status, code, out, error }: Ended, startedAt: Date, endedAt: Date) {
  return {
    name,
    status,
    code,
    output: error === '' ? out : `${out}\n----------ERROR-------\n${error}`,
    standardOutput: out,
    standardError: error,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
  } satisfies PluginResult;
}
