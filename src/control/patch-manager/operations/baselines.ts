import type {
  DeletePatchBaselineRequest,
  DeletePatchBaselineResult,
  GetPatchBaselineRequest,
  GetPatchBaselineResult,
  UpdatePatchBaselineRequest,
  UpdatePatchBaselineResult,
} from '@aws-sdk/client-ssm';
import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../../core/aws-error.ts';
import type { Database } from '../../../store/database.ts';
import { defaultPatchBaseline, patchBaseline, patchGroup } from '../../../store/schema/patch.ts';
import type { Call } from '../../call.ts';
import { deleteAllTags } from '../../tags/tags.ts';
import { acceptBaseline } from '../baseline-check.ts';
import { baselineIdOf, predefinedById } from '../baseline-id.ts';
import { groupsOfBaseline, noBaseline, ofBaseline, requireBaseline } from '../baselines.ts';
import { baselineOutput } from './baseline-output.ts';

/** Errors: DoesNotExistException. */
export async function GetPatchBaseline(call: Call, input: GetPatchBaselineRequest): Promise<GetPatchBaselineResult> {
  const known = await requireBaseline(call, input.BaselineId ?? '');
  const PatchGroups = await groupsOfBaseline(call.db, call.account, known.id);
  return { ...baselineOutput(known, call.region), PatchGroups };
}

/**
 * Changes the members that are given. With Replace, a member that is not given is set back to its default, and Name
 * must be given. Errors: DoesNotExistException, ValidationException.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdatePatchBaseline.html
 */
export async function UpdatePatchBaseline(
  call: Call,
  input: UpdatePatchBaselineRequest,
): Promise<UpdatePatchBaselineResult> {
  const { BaselineId = '', Replace, ...given } = input;
  const id = ownBaselineId(call, BaselineId);
  if (id === null) throw noBaseline(BaselineId);
  return call.db.transaction(async (tx) => {
    const [row] = await tx.select().from(patchBaseline).where(ofBaseline(call.account, id)).for('update');
    if (row === undefined) throw noBaseline(BaselineId);
    const fixed = { OperatingSystem: row.operatingSystem };
    const baseline = acceptBaseline(Replace ? { ...given, ...fixed } : { ...row.content, ...present(given), ...fixed });
    await tx
      .update(patchBaseline)
      .set({ name: baseline.Name, content: baseline, modifiedAt: call.now })
      .where(ofBaseline(call.account, id));
    return baselineOutput({ id, baseline, createdAt: row.createdAt, modifiedAt: call.now }, call.region);
  });
}

function present(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null));
}

/**
 * Deleting what is not there succeeds, so that a delete can be tried again.
 * Errors: ResourceInUseException while the baseline is a default or registered for a patch group.
 */
export async function DeletePatchBaseline(
  call: Call,
  input: DeletePatchBaselineRequest,
): Promise<DeletePatchBaselineResult> {
  const { BaselineId = '' } = input;
  const id = ownBaselineId(call, BaselineId);
  if (id === null) return { BaselineId };
  await call.db.transaction(async (tx) => {
    // Whoever registers the baseline holds its row as well, so that it cannot go in between.
    await tx.select().from(patchBaseline).where(ofBaseline(call.account, id)).for('update');
    await refuseInUse(tx, call.account, id);
    await tx.delete(patchBaseline).where(ofBaseline(call.account, id));
    await deleteAllTags(tx, call.account, 'PatchBaseline', id);
  });
  return { BaselineId };
}

async function refuseInUse(db: Database, account: string, id: string): Promise<void> {
  const groups = await db
    .select({ group: patchGroup.patchGroup })
    .from(patchGroup)
    .where(and(eq(patchGroup.account, account), eq(patchGroup.baselineId, id)))
    .limit(1);
  const group = groups[0]?.group;
  if (group !== undefined) {
    const text = `Patch baseline ${id} is registered for patch group ${group}: deregister it first.`;
    throw new AwsError('ResourceInUseException', text);
  }
  const defaults = await db
    .select({ os: defaultPatchBaseline.operatingSystem })
    .from(defaultPatchBaseline)
    .where(and(eq(defaultPatchBaseline.account, account), eq(defaultPatchBaseline.baselineId, id)))
    .limit(1);
  const os = defaults[0]?.os;
  if (os !== undefined) {
    const text = `Patch baseline ${id} is the default for ${os}: register another one as the default first.`;
    throw new AwsError('ResourceInUseException', text);
  }
}

/** null: nothing of this account is called so. Throws for a predefined baseline, which nobody changes. */
function ownBaselineId(call: Call, text: string): string | null {
  const id = baselineIdOf(text, call.account);
  if (id === null || predefinedById(id) === null) return id;
  throw new AwsError(
    'ValidationException',
    `${text} is a predefined patch baseline, which cannot be changed or deleted.`,
  );
}
