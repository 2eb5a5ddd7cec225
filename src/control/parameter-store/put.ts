import type { PutParameterRequest, PutParameterResult } from '@aws-sdk/client-ssm';
import { and, asc, eq, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { parameter, parameterVersion } from '../../store/schema/parameters.ts';
import type { Sealer } from '../../store/sealer.ts';
import type { Call } from '../call.ts';
import { settingValue } from '../service-settings/settings.ts';
import { putTags } from '../tags/tags.ts';
import { checkAllowedPattern } from './allowed-pattern.ts';
import { deleteParameters } from './delete.ts';
import { findWithExpiry, labelsOf, lockParameter, type Version } from './find.ts';
import { checkInput, keyIdOf } from './input.ts';
import { checkName } from './names.ts';
import { expiryOf, type Policies, type Policy, readPolicies } from './policies.ts';
import { sealContext } from './show.ts';
import { type AskedTier, MAX_PARAMETERS, type Tier, tierFor } from './tier.ts';

const MAX_VERSIONS = 100;

/**
 * Creates a parameter, or with `Overwrite` adds a version to it; what the request leaves out stays as it was.
 * Errors: those of the model; the texts are AWS's where they are known.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
 */
export async function putParameter(
  sealer: Sealer,
  call: Call,
  input: PutParameterRequest,
): Promise<PutParameterResult> {
  const name = checkName(call, input.Name ?? '');
  checkInput(input);
  return call.db.transaction(async (db) => {
    const tx = { ...call, db };
    // Sent together, done in this order: what is found is found under the lock.
    const [, found, byDefault] = await Promise.all([
      lockParameter(db, call.account, name),
      findWithExpiry(tx, name),
      settingValue(tx, '/ssm/parameter-store/default-parameter-tier'),
    ]);
    const isExpired = found?.expiresAt != null && found.expiresAt <= call.now;
    if (isExpired) await deleteParameters(db, and(eq(parameter.account, call.account), eq(parameter.name, name)));
    const present = isExpired ? null : (found?.version ?? null);
    const type = typeOf(input, present);
    const policies = policiesOf(input, present, call.now);
    const allowedPattern = textOf(input.AllowedPattern, present?.allowedPattern);
    const plain = Buffer.from(input.Value ?? '');
    const needs = { present, bytes: plain.length, hasPolicies: policies.list.length > 0 };
    const tier = await tierOf(tx, input.Tier, byDefault as AskedTier, needs);
    if (allowedPattern !== null) await checkAllowedPattern(allowedPattern, plain.toString());
    if (present !== null && present.version >= MAX_VERSIONS) await makeRoom(tx, name);
    const version = (present?.version ?? 0) + 1;
    const key = { account: call.account, name, version };
    const head = { latest: version, tier, expiresAt: policies.expiresAt };
    const parent = db
      .insert(parameter)
      .values({ account: call.account, name, ...head })
      .onConflictDoUpdate({ target: [parameter.account, parameter.name], set: head });
    const child = db.insert(parameterVersion).values({
      ...key,
      type,
      value: type === 'SecureString' ? sealer.seal(plain, sealContext(key)) : plain,
      keyId: keyIdOf(call, type, input.KeyId, present?.keyId),
      description: textOf(input.Description, present?.description),
      allowedPattern,
      tier,
      policies: JSON.stringify(policies.list),
      dataType: input.DataType || present?.dataType || 'text',
      modifiedAt: call.now,
      modifiedBy: call.principal.arn,
    });
    await Promise.all([parent, child]);
    await putTags(db, call.account, 'Parameter', name, input.Tags ?? []);
    return { Version: version, Tier: tier };
  });
}

/** What was left out stays; an empty text takes it away. */
function textOf(given: string | undefined, present: string | null | undefined): string | null {
  return (given ?? present ?? '') || null;
}

function typeOf(input: PutParameterRequest, present: Version | null): Version['type'] {
  if (present !== null && input.Overwrite !== true) {
    const message =
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.';
    throw new AwsError('ParameterAlreadyExists', message);
  }
  const type = input.Type ?? present?.type;
  if (type === undefined)
    throw new AwsError('ValidationException', 'A parameter type is required when you create a parameter.');
  if (present !== null && present.type !== type) {
    const message =
      "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you can't change a parameter from a String type to a SecureString type. You must create a new, unique parameter.";
    throw new AwsError('HierarchyTypeMismatchException', message);
  }
  return type;
}

function policiesOf(input: PutParameterRequest, present: Version | null, now: Date): Policies {
  if (input.Policies !== undefined) return readPolicies(input.Policies, now);
  const list = present === null ? [] : (JSON.parse(present.policies) as Policy[]);
  const expiration = list.find(({ PolicyType }) => PolicyType === 'Expiration');
  return { list, expiresAt: expiration === undefined ? null : expiryOf(expiration) };
}

async function tierOf(
  tx: Call,
  asked: PutParameterRequest['Tier'],
  byDefault: AskedTier,
  { present, bytes, hasPolicies }: { present: Version | null; bytes: number; hasPolicies: boolean },
): Promise<Tier> {
  const isFull = present === null ? await fullTiers(tx) : { Standard: false, Advanced: false };
  const needs = { present: present?.tier ?? null, bytes, hasPolicies, isStandardFull: isFull.Standard };
  const tier = tierFor(asked, byDefault, needs);
  if (isFull[tier]) {
    const message = `You have exceeded the number of ${tier.toLowerCase()} parameters for this account. Delete one or more parameters and try again.`;
    throw new AwsError('ParameterLimitExceeded', message);
  }
  return tier;
}

async function fullTiers(tx: Call): Promise<Record<Tier, boolean>> {
  const { rows } = await tx.db.execute<{ standard: string; advanced: string }>(
    sql`SELECT count(*) FILTER (WHERE tier = 'Standard') AS standard, count(*) FILTER (WHERE tier = 'Advanced') AS advanced
      FROM ${parameter} WHERE account = ${tx.account}`,
  );
  const { standard = 0, advanced = 0 } = rows[0] ?? {};
  return {
    Standard: Number(standard) >= MAX_PARAMETERS.Standard,
    Advanced: Number(advanced) >= MAX_PARAMETERS.Advanced,
  };
}

/** Drops the oldest of a hundred versions; throws ParameterMaxVersionLimitExceeded when that one has a label. */
async function makeRoom(tx: Call, name: string): Promise<void> {
  const isOfName = and(eq(parameterVersion.account, tx.account), eq(parameterVersion.name, name));
  const kept = await tx.db
    .select({ version: parameterVersion.version })
    .from(parameterVersion)
    .where(isOfName)
    .orderBy(asc(parameterVersion.version));
  const oldest = kept[0]?.version;
  if (oldest === undefined || kept.length < MAX_VERSIONS) return;
  const labels = await labelsOf(tx.db, tx.account, name);
  if (labels.has(oldest)) {
    const message = `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. Version ${oldest}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.`;
    throw new AwsError('ParameterMaxVersionLimitExceeded', message);
  }
  await tx.db.delete(parameterVersion).where(and(isOfName, eq(parameterVersion.version, oldest)));
}
