import type { DeleteParameterRequest, DeleteParametersRequest, DeleteParametersResult } from '@aws-sdk/client-ssm';
import { and, eq, inArray, lte, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { parameter } from '../../store/schema/parameters.ts';
import { resourcePolicy } from '../../store/schema/settings.ts';
import type { Call } from '../call.ts';
import { deleteAllTags } from '../tags/tags.ts';
import { isAlive, notFound } from './find.ts';
import { readReference, rooted } from './names.ts';

/** Deletes a parameter with all its versions, labels and tags. Throws ParameterNotFound. */
export async function DeleteParameter(call: Call, { Name = '' }: DeleteParameterRequest): Promise<object> {
  const isDeleted = await remove(call, Name);
  if (!isDeleted) throw notFound(Name);
  return {};
}

/** The same for up to ten; those that are not there are told apart. */
export async function DeleteParameters(
  call: Call,
  { Names = [] }: DeleteParametersRequest,
): Promise<DeleteParametersResult> {
  const DeletedParameters: string[] = [];
  const InvalidParameters: string[] = [];
  for (const name of new Set(Names)) {
    const isDeleted = await remove(call, name);
    (isDeleted ? DeletedParameters : InvalidParameters).push(name);
  }
  return { DeletedParameters, InvalidParameters };
}

async function remove(call: Call, given: string): Promise<boolean> {
  const reference = readReference(call, given);
  if (reference === null || reference.selector !== '') return false;
  const isMeant = and(eq(parameter.account, call.account), inArray(parameter.name, [...reference.names]));
  return call.db.transaction(async (tx) => (await deleteParameters(tx, and(isMeant, isAlive(call.now)))) > 0);
}

/** Sweeps the parameters that have expired, in all accounts, and answers how many. Readers have not seen them since. */
export async function deleteExpiredParameters(db: Database, now: Date): Promise<number> {
  return db.transaction((tx) => deleteParameters(tx, lte(parameter.expiresAt, now)));
}

/** Deletes with all that hangs on a parameter: versions and labels by the database, tags and policies here. */
export async function deleteParameters(tx: Database, where: SQL | undefined): Promise<number> {
  const gone = await tx.delete(parameter).where(where).returning({ account: parameter.account, name: parameter.name });
  for (const { account, name } of gone) {
    await deleteAllTags(tx, account, 'Parameter', name);
    const isOfIt = sql`split_part(${resourcePolicy.resourceArn}, ':', 6) = ${`parameter${rooted(name)}`}`;
    await tx.delete(resourcePolicy).where(and(eq(resourcePolicy.account, account), isOfIt));
  }
  return gone.length;
}
