import { createHash, randomBytes } from 'node:crypto';
import type { CreatePatchBaselineRequest, CreatePatchBaselineResult } from '@aws-sdk/client-ssm';
import { and, count, eq } from 'drizzle-orm';
import { AwsError } from '../../../core/aws-error.ts';
import type { Database } from '../../../store/database.ts';
import { patchBaseline } from '../../../store/schema/patch.ts';
import type { Call } from '../../call.ts';
import { putTags } from '../../tags/tags.ts';
import { acceptBaseline } from '../baseline-check.ts';

/** Far beyond what anybody reads through; it bounds what one account can fill the store with. */
const MOST_BASELINES = 1_000;

/**
 * A request that comes again with its ClientToken answers the baseline that it made, as long as that is there.
 * Errors: ValidationException, IdempotentParameterMismatch, ResourceLimitExceededException.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreatePatchBaseline.html
 */
export async function CreatePatchBaseline(
  call: Call,
  input: CreatePatchBaselineRequest,
): Promise<CreatePatchBaselineResult> {
  const { ClientToken, Tags, ...given } = input;
  const baseline = acceptBaseline({ ...given, OperatingSystem: given.OperatingSystem ?? 'WINDOWS' });
  const id = `pb-${randomBytes(9).toString('hex').slice(0, 17)}`;
  const tokenHash = ClientToken ? sha256(ClientToken) : null;
  const requestHash = sha256(canonical({ ...baseline, Tags: Tags ?? [] }));
  return call.db.transaction(async (tx) => {
    const inserted = await tx
      .insert(patchBaseline)
      .values({
        account: call.account,
        baselineId: id,
        name: baseline.Name,
        operatingSystem: baseline.OperatingSystem,
        content: baseline,
        clientTokenHash: tokenHash,
        requestHash,
        createdAt: call.now,
        modifiedAt: call.now,
      })
      .onConflictDoNothing()
      .returning({ id: patchBaseline.baselineId });
    if (inserted.length === 0) return { BaselineId: await madeBefore(tx, call.account, tokenHash, requestHash) };
    await checkLimit(tx, call.account);
    await putTags(tx, call.account, 'PatchBaseline', id, Tags ?? []);
    return { BaselineId: id };
  });
}

async function madeBefore(db: Database, account: string, tokenHash: Buffer | null, requestHash: Buffer) {
  const [row] = await db
    .select()
    .from(patchBaseline)
    .where(and(eq(patchBaseline.account, account), eq(patchBaseline.clientTokenHash, tokenHash ?? Buffer.alloc(0))));
  if (row === undefined || !row.requestHash?.equals(requestHash)) {
    const text = 'The client token was used before, with other parameters.';
    throw new AwsError('IdempotentParameterMismatch', text);
  }
  return row.baselineId;
}

async function checkLimit(db: Database, account: string): Promise<void> {
  const [row] = await db.select({ count: count() }).from(patchBaseline).where(eq(patchBaseline.account, account));
  if ((row?.count ?? 0) > MOST_BASELINES) {
    const text = `An account can have ${MOST_BASELINES} patch baselines at the most.`;
    throw new AwsError('ResourceLimitExceededException', text);
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** JSON in which the order of members does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
