import { createHash, randomUUID } from 'node:crypto';
import type {
  DeleteResourcePolicyRequest,
  GetResourcePoliciesRequest,
  GetResourcePoliciesResponse,
  PutResourcePolicyRequest,
  PutResourcePolicyResponse,
} from '@aws-sdk/client-ssm';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { AwsError } from '../../core/aws-error.ts';
import { resourcePolicy } from '../../store/schema/settings.ts';
import type { Call } from '../call.ts';
import { page } from '../paging.ts';
import { findVersion, type Version } from '../parameter-store/find.ts';
import { readReference } from '../parameter-store/names.ts';

const MAX_POLICY_BYTES = 1024;
/** Not AWS's number, which is not documented: one page holds them all. */
const MAX_POLICIES = 50;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DOCUMENT = z.object({
  Version: z.string().optional(),
  Statement: z
    .array(z.looseObject({ Effect: z.enum(['Allow', 'Deny']), Action: z.unknown(), Principal: z.unknown() }))
    .min(1),
});

/** The policies of a parameter, by id. Throws ResourceNotFoundException. */
export async function GetResourcePolicies(
  call: Call,
  input: GetResourcePoliciesRequest,
): Promise<GetResourcePoliciesResponse> {
  const arn = input.ResourceArn ?? '';
  await requireParameter(call, arn);
  const paging = {
    list: `GetResourcePolicies ${arn}`,
    size: 50,
    keyOf: ({ policyId }: { policyId: string }) => [policyId],
  };
  const { items, NextToken } = await page(call, input, paging, async (after, limit) =>
    call.db
      .select()
      .from(resourcePolicy)
      .where(and(ofResource(call, arn), after === null ? undefined : gt(resourcePolicy.policyId, String(after[0]))))
      .orderBy(asc(resourcePolicy.policyId))
      .limit(limit),
  );
  const Policies = items.map(({ policyId, policyHash, policy }) => ({
    PolicyId: policyId,
    PolicyHash: policyHash,
    Policy: policy,
  }));
  return { Policies, ...(NextToken === undefined ? {} : { NextToken }) };
}

/**
 * Adds a policy, or replaces the one whose id and present hash are given: whoever read an older one cannot overwrite
 * a newer. Throws ResourcePolicyNotFoundException, ResourcePolicyConflictException,
 * ResourcePolicyLimitExceededException, MalformedResourcePolicyDocumentException, ResourcePolicyInvalidParameterException.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutResourcePolicy.html
 */
export async function PutResourcePolicy(
  call: Call,
  input: PutResourcePolicyRequest,
): Promise<PutResourcePolicyResponse> {
  const arn = input.ResourceArn ?? '';
  const { tier } = await requireParameter(call, arn);
  const policy = checkDocument(input.Policy ?? '');
  const { PolicyId, PolicyHash } = input;
  if (tier !== 'Advanced') {
    const message = 'To share a parameter, it must be in the advanced parameter tier.';
    throw new AwsError('ResourcePolicyInvalidParameterException', message, {
      fields: { ParameterNames: ['ResourceArn'] },
    });
  }
  if ((PolicyId === undefined) !== (PolicyHash === undefined)) {
    const fields = { ParameterNames: [PolicyId === undefined ? 'PolicyId' : 'PolicyHash'] };
    const message = 'PolicyId and PolicyHash are given together, or neither.';
    throw new AwsError('ResourcePolicyInvalidParameterException', message, { fields });
  }
  return call.db.transaction(async (db) => {
    const tx = { ...call, db };
    await lock(tx, arn);
    const hash = createHash('sha256').update(arn).update('\0').update(policy).digest('hex');
    if (PolicyId !== undefined && PolicyHash !== undefined) {
      await requirePolicy(tx, arn, PolicyId, PolicyHash);
      await db
        .update(resourcePolicy)
        .set({ policy, policyHash: hash })
        .where(isPolicy(tx, arn, PolicyId));
      return { PolicyId, PolicyHash: hash };
    }
    const present = await db.select({ id: resourcePolicy.policyId }).from(resourcePolicy).where(ofResource(tx, arn));
    if (present.length >= MAX_POLICIES)
      throw limit('PolicyCount', MAX_POLICIES, `A resource can have ${MAX_POLICIES} policies at the most.`);
    const policyId = randomUUID();
    const row = { account: call.account, resourceArn: arn, policyId, policy, policyHash: hash, createdAt: call.now };
    await db.insert(resourcePolicy).values(row);
    return { PolicyId: policyId, PolicyHash: hash };
  });
}

/** Throws ResourcePolicyNotFoundException, and ResourcePolicyConflictException for another hash than the present one. */
export async function DeleteResourcePolicy(call: Call, input: DeleteResourcePolicyRequest): Promise<object> {
  // Nothing is shared with other accounts here, so that there is no sharing to remove or to roll back.
  if ('DeletionMode' in input) throw new AwsError('ValidationException', 'DeletionMode is not supported here.');
  const arn = input.ResourceArn ?? '';
  await requireParameter(call, arn);
  const { PolicyId = '', PolicyHash = '' } = input;
  await call.db.transaction(async (db) => {
    const tx = { ...call, db };
    await lock(tx, arn);
    await requirePolicy(tx, arn, PolicyId, PolicyHash);
    await db.delete(resourcePolicy).where(isPolicy(tx, arn, PolicyId));
  });
  return {};
}

/** Policies are attached to parameters, which are named by their ARN here. */
async function requireParameter(call: Call, arn: string): Promise<Version> {
  const reference = arn.startsWith('arn:aws:ssm:') ? readReference(call, arn) : null;
  const isWhole = reference !== null && reference.selector === '' && arn.trim() === arn;
  const found = isWhole ? await findVersion(call, reference) : null;
  if (found === null) throw new AwsError('ResourceNotFoundException', `The resource ${arn} could not be found.`);
  return found;
}

function checkDocument(text: string): string {
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES)
    throw limit('PolicySize', MAX_POLICY_BYTES, `A policy can't be greater than ${MAX_POLICY_BYTES} bytes in size.`);
  const parsed = DOCUMENT.safeParse(parse(text));
  if (!parsed.success)
    throw new AwsError(
      'MalformedResourcePolicyDocumentException',
      'The specified policy document is malformed or invalid.',
    );
  return text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function limit(LimitType: string, Limit: number, message: string): AwsError {
  return new AwsError('ResourcePolicyLimitExceededException', message, { fields: { Limit, LimitType } });
}

async function requirePolicy(tx: Call, arn: string, id: string, hash: string): Promise<void> {
  const rows = UUID.test(id)
    ? await tx.db
        .select()
        .from(resourcePolicy)
        .where(isPolicy(tx, arn, id))
    : [];
  if (rows[0] === undefined)
    throw new AwsError(
      'ResourcePolicyNotFoundException',
      'No policies with the specified policy ID and hash could be found.',
    );
  if (rows[0].policyHash !== hash)
    throw new AwsError(
      'ResourcePolicyConflictException',
      "The hash provided in the call doesn't match the stored hash.",
    );
}

async function lock({ db, account }: Call, arn: string): Promise<void> {
  await db.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`policy ${account} ${arn}`}, 0))`);
}

function ofResource({ account }: Call, arn: string) {
  return and(eq(resourcePolicy.account, account), eq(resourcePolicy.resourceArn, arn));
}

function isPolicy(call: Call, arn: string, id: string) {
  return and(ofResource(call, arn), eq(resourcePolicy.policyId, id));
}
