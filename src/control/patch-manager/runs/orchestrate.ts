import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knowledge } from '../../../core/advisories/types.ts';
import type { OperatingSystem, PatchBaseline } from '../../../core/baselines/types.ts';
import type { AvailableUpdate } from '../../../core/compliance/inventory.ts';
import { KintsugiError } from '../../../core/errors.ts';
import type { PluginResult } from '../../../store/schema/commands.ts';
import { patchGroupOf } from '../../managed-nodes/nodes.ts';
import type { LedEnd, LedInvocation, Orchestration } from '../../run-command/orchestration.ts';
import { firstSeenOf } from '../available-patches.ts';
import { markPatchStateUnknown, recordPatchOperation } from '../record-patches.ts';
import { patchSnapshotOf } from '../snapshots.ts';
import { type PatchRunOutcome, type PatchRunRequest, runPatchOperation } from './patch-run.ts';
import { patchRunText } from './run-text.ts';

export interface PatchOrchestrationNeeds {
  /** What is known of vulnerabilities now. */
  readonly knowledge: () => Promise<Knowledge>;
  /** True for a node that may be scanned and never changed. */
  readonly isScanOnly: (invocation: LedInvocation) => Promise<boolean>;
}

/** AWS-RunPatchBaseline, led by the server: one invocation, as many messages as it takes. */
export function patchBaselineOrchestration(needs: PatchOrchestrationNeeds): Orchestration {
  return async (invocation) => {
    const startedAt = invocation.now();
    const refusal = await refusalOf(needs, invocation);
    if (refusal !== null) return ended(invocation, startedAt, { status: 'Failed', code: 1, out: '', error: refusal });
    const request = requestOf(invocation);
    try {
      const { outcome, patchGroup, snapshotId } = await run(needs, invocation, request);
      await record(invocation, request, outcome, patchGroup, snapshotId);
      const failed = outcome.error !== null || outcome.after.evaluation.counts.failed > 0;
      const error = outcome.error === null ? '' : `${outcome.error.message}\n${outcome.error.advice}\n`;
      const out = patchRunText(request, outcome);
      return ended(invocation, startedAt, { status: failed ? 'Failed' : 'Success', code: failed ? 1 : 0, out, error });
    } catch (error) {
      // Nothing more counts where the command is over: what the node was known to be stays.
      if (invocation.signal.aborted || !(error instanceof KintsugiError)) throw error;
      await markUnknown(invocation, error.message);
      if (error.code === 'NodeUnreachable') throw error;
      const text = `${error.message}\n${error.advice}\n`;
      return ended(invocation, startedAt, { status: 'Failed', code: 1, out: '', error: text });
    }
  };
}

async function refusalOf(needs: PatchOrchestrationNeeds, invocation: LedInvocation): Promise<string | null> {
  for (const name of ['InstallOverrideList', 'BaselineOverride']) {
    if (parameter(invocation, name) !== '')
      return `${name} is not supported by this server: nothing was scanned or installed.\n`;
  }
  const installs = parameter(invocation, 'Operation') === 'Install';
  if (installs && (await needs.isScanOnly(invocation))) {
    return 'This node may only be scanned: its server was started without --allow-patching.\n';
  }
  return null;
}

function requestOf(invocation: LedInvocation): PatchRunRequest {
  return {
    instanceId: invocation.instanceId,
    operation: parameter(invocation, 'Operation') === 'Install' ? 'Install' : 'Scan',
    rebootOption: parameter(invocation, 'RebootOption') === 'NoReboot' ? 'NoReboot' : 'RebootIfNeeded',
  };
}

function parameter(invocation: LedInvocation, name: string): string {
  return invocation.parameters[name]?.[0] ?? '';
}

async function run(needs: PatchOrchestrationNeeds, invocation: LedInvocation, request: PatchRunRequest) {
  const { db, account, instanceId, now, signal } = invocation;
  const patchGroup = await patchGroupOf(db, account, instanceId);
  const snapshotId = parameter(invocation, 'SnapshotId') || ownSnapshotId(invocation);
  const baselines = new Map<OperatingSystem, PatchBaseline>();
  const outcome = await runPatchOperation(
    {
      messenger: { send: invocation.send },
      knowledge: await needs.knowledge(),
      now,
      sleep: (milliseconds) => sleep(milliseconds, undefined, { signal }),
      onPhase: () => {},
      beforeChange: () => {
        const since = now().toISOString();
        return markUnknown(invocation, `An installation began at ${since}, and its outcome is not proved yet.`);
      },
      baselineFor: async (operatingSystem) => {
        const key = { account, patchGroup, operatingSystem, snapshotId };
        const known = baselines.get(operatingSystem) ?? (await patchSnapshotOf(db, key, now())).baseline;
        baselines.set(operatingSystem, known);
        return known;
      },
      firstSeen: async (inventory) => {
        const of = await firstSeenOf(db, account, inventory, now());
        const key = (one: Pick<AvailableUpdate, 'name' | 'architecture' | 'version'>) =>
          `${one.name} ${one.architecture} ${one.version}`;
        const dates = new Map(inventory.updates.map((update) => [key(update), of(update)]));
        // The record of the operation notes what is new, in one transaction with the rest.
        return { of: (update) => dates.get(key(update)) ?? null, note: async () => 0 };
      },
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
async function markUnknown({ account, instanceId, whileLeading }: LedInvocation, reason: string): Promise<void> {
  await whileLeading((tx) => markPatchStateUnknown(tx, { account, instanceId, reason }));
}

async function record(
  { account, instanceId, whileLeading }: LedInvocation,
  request: PatchRunRequest,
  outcome: PatchRunOutcome,
  patchGroup: string | null,
  snapshotId: string,
): Promise<void> {
  const { after, baseline } = outcome;
  await whileLeading((tx) =>
    recordPatchOperation(tx, {
      account,
      instanceId,
      patchGroup,
      baselineId: baseline.BaselineId ?? '',
      snapshotId,
      operation: request.operation,
      rebootOption: request.operation === 'Install' ? request.rebootOption : null,
      startedAt: outcome.startedAt,
      endedAt: outcome.endedAt,
      evaluation: after.evaluation,
      inventory: after.inventory,
    }),
  );
}

function ended(
  invocation: LedInvocation,
  startedAt: Date,
  told: { status: 'Success' | 'Failed'; code: number; out: string; error: string },
): LedEnd {
  const plugin: PluginResult = {
    name: 'PatchLinux',
    status: told.status,
    code: told.code,
    output: told.error === '' ? told.out : `${told.out}\n----------ERROR-------\n${told.error}`,
    standardOutput: told.out,
    standardError: told.error,
    startedAt: startedAt.toISOString(),
    endedAt: invocation.now().toISOString(),
  };
  return { status: told.status, plugins: [plugin] };
}
