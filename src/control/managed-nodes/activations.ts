import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type {
  Activation,
  CreateActivationRequest,
  CreateActivationResult,
  DeleteActivationRequest,
  DescribeActivationsRequest,
  DescribeActivationsResult,
} from '@aws-sdk/client-ssm';
import { and, asc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { activation } from '../../store/schema/nodes.ts';
import type { Call } from '../call.ts';
import { page } from '../paging.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_LIFE_MS = 24 * HOUR_MS;
const LONGEST_LIFE_MS = 30 * 24 * HOUR_MS;
/** Without look-alikes and without marks that a shell or an option parser would take for something else. */
const CODE_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
/** amazon-ssm-agent asks for 20 letters at least; 24 of 32 make 120 random bits. */
const CODE_LENGTH = 24;

/** The code is random throughout, so that a plain hash of it tells nothing. */
export function hashOfCode(code: string): Buffer {
  return createHash('sha256').update(code).digest();
}

/**
 * An activation that nodes register with: valid 24 hours if nothing is said and 30 days at the most.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateActivation.html
 */
export async function CreateActivation(call: Call, input: CreateActivationRequest): Promise<CreateActivationResult> {
  const expiresAt = input.ExpirationDate ?? new Date(call.now.getTime() + DEFAULT_LIFE_MS);
  const life = expiresAt.getTime() - call.now.getTime();
  if (!(life > 0 && life <= LONGEST_LIFE_MS))
    throw new AwsError('InvalidParameters', 'The expiration date must be in the future and within 30 days.');
  const tags = (input.Tags ?? []).map(({ Key = '', Value = '' }) => ({ Key, Value }));
  refuseTags(tags.map(({ Key }) => Key));
  const ActivationCode = Array.from(randomBytes(CODE_LENGTH), (byte) => CODE_LETTERS[byte % 32]).join('');
  const ActivationId = randomUUID();
  await call.db.insert(activation).values({
    account: call.account,
    activationId: ActivationId,
    codeHash: hashOfCode(ActivationCode),
    description: input.Description ?? null,
    defaultInstanceName: input.DefaultInstanceName ?? null,
    iamRole: input.IamRole ?? '',
    registrationLimit: input.RegistrationLimit ?? 1,
    expiresAt,
    createdAt: call.now,
    tags,
  });
  return { ActivationId, ActivationCode };
}

/** What a node could not take would otherwise fail only when it registers. */
function refuseTags(keys: readonly string[]): void {
  if (keys.some((key) => key.toLowerCase().startsWith('aws:')))
    throw new AwsError('InvalidParameters', 'Tag keys that begin with aws: are reserved.');
  if (new Set(keys).size !== keys.length) throw new AwsError('InvalidParameters', 'A tag key is given twice.');
  if (keys.length > 50) throw new AwsError('InvalidParameters', 'A node can have 50 tags at the most.');
}

/** What registers with this activation is scan-only from its first moment. */
export async function makeScanOnly(db: Database, account: string, activationId: string): Promise<void> {
  await db
    .update(activation)
    .set({ scanOnly: true })
    .where(and(eq(activation.account, account), eq(activation.activationId, activationId)));
}

/** Nodes that have registered with it stay. */
export async function DeleteActivation(call: Call, input: DeleteActivationRequest): Promise<object> {
  const gone = await call.db
    .delete(activation)
    .where(and(eq(activation.account, call.account), eq(activation.activationId, input.ActivationId ?? '')))
    .returning({ id: activation.activationId });
  if (gone.length === 0) throw new AwsError('InvalidActivationId', 'The activation ID is not valid.');
  return {};
}

interface Listed {
  readonly createdMs: number;
  readonly row: typeof activation.$inferSelect;
}

/** The account's activations, the oldest first; expired ones are listed until they are deleted. */
export async function DescribeActivations(
  call: Call,
  input: DescribeActivationsRequest,
): Promise<DescribeActivationsResult> {
  const filters = (input.Filters ?? []).map(({ FilterKey, FilterValues = [] }) => filterOf(FilterKey, FilterValues));
  const age = sql<number>`(extract(epoch FROM ${activation.createdAt}) * 1000)::bigint`.mapWith(Number);
  const { items, NextToken } = await page(
    call,
    input,
    {
      list: `activations ${JSON.stringify(input.Filters ?? [])}`,
      size: 50,
      keyOf: ({ createdMs, row }: Listed) => [createdMs, row.activationId],
    },
    async (after, limit) =>
      call.db
        .select({ createdMs: age, row: activation })
        .from(activation)
        .where(
          and(
            eq(activation.account, call.account),
            ...filters,
            after === null ? undefined : sql`(${age}, ${activation.activationId}) > (${after[0]}::bigint, ${after[1]})`,
          ),
        )
        .orderBy(asc(age), asc(activation.activationId))
        .limit(limit),
  );
  const ActivationList = items.map(({ row }) => describe(row, call.now));
  return { ActivationList, ...(NextToken === undefined ? {} : { NextToken }) };
}

function filterOf(key: string | undefined, values: readonly string[]): SQL {
  const columns = {
    ActivationIds: activation.activationId,
    DefaultInstanceName: activation.defaultInstanceName,
    IamRole: activation.iamRole,
  };
  const column = Object.hasOwn(columns, key ?? '') ? columns[key as keyof typeof columns] : undefined;
  if (column === undefined) throw new AwsError('InvalidFilter', `The filter name is not valid: ${key}`);
  return values.length === 0 ? sql`false` : inArray(column, [...values]);
}

function describe(row: typeof activation.$inferSelect, now: Date): Activation {
  return {
    ActivationId: row.activationId,
    ...(row.description === null ? {} : { Description: row.description }),
    ...(row.defaultInstanceName === null ? {} : { DefaultInstanceName: row.defaultInstanceName }),
    IamRole: row.iamRole,
    RegistrationLimit: row.registrationLimit,
    RegistrationsCount: row.registrationsCount,
    ExpirationDate: row.expiresAt,
    Expired: row.expiresAt <= now,
    CreatedDate: row.createdAt,
    Tags: row.tags,
  };
}
