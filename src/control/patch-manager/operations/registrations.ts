import type {
  DeregisterPatchBaselineForPatchGroupRequest,
  DeregisterPatchBaselineForPatchGroupResult,
  GetDefaultPatchBaselineRequest,
  GetDefaultPatchBaselineResult,
  GetPatchBaselineForPatchGroupRequest,
  GetPatchBaselineForPatchGroupResult,
  RegisterDefaultPatchBaselineRequest,
  RegisterDefaultPatchBaselineResult,
  RegisterPatchBaselineForPatchGroupRequest,
  RegisterPatchBaselineForPatchGroupResult,
} from '@aws-sdk/client-ssm';
import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../../core/aws-error.ts';
import type { Database } from '../../../store/database.ts';
import { defaultPatchBaseline, patchBaseline, patchGroup } from '../../../store/schema/patch.ts';
import type { Call } from '../../call.ts';
import { listedBaselineId } from '../baseline-id.ts';
import { baselineIdOfGroup, defaultBaselineId, noBaseline, ofBaseline, requireBaseline } from '../baselines.ts';

/**
 * A group has one baseline for each operating system; registering the same one again changes nothing.
 * Errors: AlreadyExistsException, DoesNotExistException.
 */
export async function RegisterPatchBaselineForPatchGroup(
  call: Call,
  input: RegisterPatchBaselineForPatchGroupRequest,
): Promise<RegisterPatchBaselineForPatchGroupResult> {
  const { BaselineId = '', PatchGroup = '' } = input;
  await call.db.transaction(async (tx) => {
    const { id, baseline, createdAt } = await requireBaseline({ ...call, db: tx }, BaselineId);
    if (createdAt !== null) await keepBaseline(tx, call.account, id);
    const os = baseline.OperatingSystem;
    const inserted = await tx
      .insert(patchGroup)
      .values({
        account: call.account,
        patchGroup: PatchGroup,
        operatingSystem: os,
        baselineId: id,
        registeredAt: call.now,
      })
      .onConflictDoNothing()
      .returning({ id: patchGroup.baselineId });
    if (inserted.length > 0 || (await baselineIdOfGroup(tx, call.account, PatchGroup, os)) === id) return;
    const text = `Patch Group baseline already has a baseline registered for OperatingSystem ${os}.`;
    throw new AwsError('AlreadyExistsException', text);
  });
  return { BaselineId, PatchGroup };
}

/** Holds a custom baseline until the transaction ends, so that it is not deleted while it is being registered. */
async function keepBaseline(tx: Database, account: string, id: string): Promise<void> {
  const rows = await tx
    .select({ id: patchBaseline.baselineId })
    .from(patchBaseline)
    .where(ofBaseline(account, id))
    .for('share');
  if (rows.length === 0) throw noBaseline(id);
}

/** What was not registered is deregistered already. Errors: DoesNotExistException for an unknown baseline. */
export async function DeregisterPatchBaselineForPatchGroup(
  call: Call,
  input: DeregisterPatchBaselineForPatchGroupRequest,
): Promise<DeregisterPatchBaselineForPatchGroupResult> {
  const { BaselineId = '', PatchGroup = '' } = input;
  const { id } = await requireBaseline(call, BaselineId);
  await call.db
    .delete(patchGroup)
    .where(
      and(eq(patchGroup.account, call.account), eq(patchGroup.patchGroup, PatchGroup), eq(patchGroup.baselineId, id)),
    );
  return { BaselineId, PatchGroup };
}

/** A group that nobody registered has the default baseline of the operating system (WINDOWS where none is named). */
export async function GetPatchBaselineForPatchGroup(
  call: Call,
  input: GetPatchBaselineForPatchGroupRequest,
): Promise<GetPatchBaselineForPatchGroupResult> {
  const { PatchGroup = '', OperatingSystem = 'WINDOWS' } = input;
  const { db, account } = call;
  const registered = await baselineIdOfGroup(db, account, PatchGroup, OperatingSystem);
  const id = registered ?? (await defaultBaselineId(db, account, OperatingSystem));
  return { BaselineId: listedBaselineId(id, call.region), PatchGroup, OperatingSystem };
}

/** Makes a baseline, custom or predefined, the default of its operating system. Errors: DoesNotExistException. */
export async function RegisterDefaultPatchBaseline(
  call: Call,
  input: RegisterDefaultPatchBaselineRequest,
): Promise<RegisterDefaultPatchBaselineResult> {
  const { BaselineId = '' } = input;
  await call.db.transaction(async (tx) => {
    const { id, baseline, createdAt } = await requireBaseline({ ...call, db: tx }, BaselineId);
    if (createdAt !== null) await keepBaseline(tx, call.account, id);
    await tx
      .insert(defaultPatchBaseline)
      .values({ account: call.account, operatingSystem: baseline.OperatingSystem, baselineId: id })
      .onConflictDoUpdate({
        target: [defaultPatchBaseline.account, defaultPatchBaseline.operatingSystem],
        set: { baselineId: id },
      });
  });
  return { BaselineId };
}

/** WINDOWS where no operating system is named. */
export async function GetDefaultPatchBaseline(
  call: Call,
  input: GetDefaultPatchBaselineRequest,
): Promise<GetDefaultPatchBaselineResult> {
  const { OperatingSystem = 'WINDOWS' } = input;
  const id = await defaultBaselineId(call.db, call.account, OperatingSystem);
  return { BaselineId: listedBaselineId(id, call.region), OperatingSystem };
}
