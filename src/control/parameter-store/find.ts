import { and, asc, desc, eq, gt, inArray, isNull, or, type SQL, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { parameter, parameterLabel, parameterVersion } from '../../store/schema/parameters.ts';
import type { Call } from '../call.ts';
import type { Reference } from './names.ts';

/** A version of a parameter as it is stored: a SecureString's value is sealed. */
export type Version = typeof parameterVersion.$inferSelect;

/** A parameter past its expiration is not there, even before it is swept. */
export function isAlive(now: Date): SQL | undefined {
  return or(isNull(parameter.expiresAt), gt(parameter.expiresAt, now));
}

export const ofSameName = and(
  eq(parameterVersion.account, parameter.account),
  eq(parameterVersion.name, parameter.name),
);

export const isLatest = eq(parameterVersion.version, parameter.latest);

/** The columns of a version, for a select that joins it with its parameter. */
export const versionColumns = {
  account: parameterVersion.account,
  name: parameterVersion.name,
  version: parameterVersion.version,
  type: parameterVersion.type,
  value: parameterVersion.value,
  keyId: parameterVersion.keyId,
  description: parameterVersion.description,
  allowedPattern: parameterVersion.allowedPattern,
  tier: parameterVersion.tier,
  policies: parameterVersion.policies,
  dataType: parameterVersion.dataType,
  modifiedAt: parameterVersion.modifiedAt,
  modifiedBy: parameterVersion.modifiedBy,
};

/** The version that is meant, or null where there is none. */
export async function findVersion(call: Call, { names, version }: Reference): Promise<Version | null> {
  const rows = await call.db
    .select(versionColumns)
    .from(parameter)
    .innerJoin(parameterVersion, ofSameName)
    .where(
      and(eq(parameter.account, call.account), inArray(parameter.name, [...names]), isAlive(call.now), chosen(version)),
    )
    .orderBy(desc(parameter.name))
    .limit(1);
  return rows[0] ?? null;
}

/** The latest version of a parameter and when it expires, also where that has passed; null where there is none. */
export async function findWithExpiry(
  call: Call,
  name: string,
): Promise<{ version: Version; expiresAt: Date | null } | null> {
  const rows = await call.db
    .select({ version: versionColumns, expiresAt: parameter.expiresAt })
    .from(parameter)
    .innerJoin(parameterVersion, ofSameName)
    .where(and(eq(parameter.account, call.account), eq(parameter.name, name), isLatest))
    .limit(1);
  return rows[0] ?? null;
}

function chosen(version: Reference['version']): SQL | undefined {
  if (version === 'latest') return isLatest;
  if ('number' in version) return eq(parameterVersion.version, version.number);
  return sql`${parameterVersion.version} = (SELECT l.version FROM ${parameterLabel} l
    WHERE l.account = ${parameter.account} AND l.name = ${parameter.name} AND l.label = ${version.label})`;
}

/** The same, and says what is missing: throws ParameterNotFound or ParameterVersionNotFound. */
export async function requireVersion(call: Call, given: string, reference: Reference | null): Promise<Version> {
  const found = reference === null ? null : await findVersion(call, reference);
  if (found !== null) return found;
  const parent = reference === null ? null : await findVersion(call, { ...reference, version: 'latest' });
  if (reference === null || parent === null) throw notFound(given);
  const what = /^:\d+$/.test(reference.selector) ? 'version' : 'label';
  throw versionNotFound(what, reference.selector.slice(1), parent.name);
}

export function notFound(name: string): AwsError {
  return new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
}

export function versionNotFound(what: 'version' | 'label', which: string | number, name: string): AwsError {
  const message = `Systems Manager could not find ${what} ${which} of ${name}. Verify the ${what} and try again.`;
  return new AwsError('ParameterVersionNotFound', message);
}

/** One writer of a parameter at a time, until the transaction's end. */
export async function lockParameter(db: Database, account: string, name: string): Promise<void> {
  await db.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`parameter ${account} ${name}`}, 0))`);
}

/** The labels of the versions of a parameter, by version, each list in order. */
export async function labelsOf(db: Database, account: string, name: string): Promise<Map<number, string[]>> {
  const rows = await db
    .select({ label: parameterLabel.label, version: parameterLabel.version })
    .from(parameterLabel)
    .where(and(eq(parameterLabel.account, account), eq(parameterLabel.name, name)))
    .orderBy(asc(parameterLabel.label));
  const labels = new Map<number, string[]>();
  for (const { label, version } of rows) labels.set(version, [...(labels.get(version) ?? []), label]);
  return labels;
}
