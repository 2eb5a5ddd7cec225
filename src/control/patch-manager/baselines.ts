import { and, asc, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { predefinedFor } from '../../core/baselines/predefined.ts';
import type { OperatingSystem, PatchBaseline } from '../../core/baselines/types.ts';
import type { Database } from '../../store/database.ts';
import { defaultPatchBaseline, patchBaseline, patchGroup } from '../../store/schema/patch.ts';
import type { Call } from '../call.ts';
import { baselineIdOf, predefinedById } from './baseline-id.ts';

/** A baseline with its id, and its dates where it is one that somebody made. */
export interface KnownBaseline {
  readonly id: string;
  readonly baseline: PatchBaseline;
  readonly createdAt: Date | null;
  readonly modifiedAt: Date | null;
}

/** By `pb-…`, custom or predefined; null: there is none in this account. */
export async function findBaseline(db: Database, account: string, id: string): Promise<KnownBaseline | null> {
  const predefined = predefinedById(id);
  if (predefined !== null) return { id, baseline: predefined, createdAt: null, modifiedAt: null };
  const [row] = await db.select().from(patchBaseline).where(ofBaseline(account, id));
  if (row === undefined) return null;
  return { id, baseline: row.content, createdAt: row.createdAt, modifiedAt: row.modifiedAt };
}

/** By id or ARN. Throws DoesNotExistException. */
export async function requireBaseline(call: Pick<Call, 'db' | 'account'>, text: string): Promise<KnownBaseline> {
  const id = baselineIdOf(text, call.account);
  const found = id === null ? null : await findBaseline(call.db, call.account, id);
  if (found === null) throw noBaseline(text);
  return found;
}

/** For tags: whether a custom baseline has this id. */
export async function patchBaselineExists(call: Call, id: string): Promise<boolean> {
  const [row] = await call.db
    .select({ id: patchBaseline.baselineId })
    .from(patchBaseline)
    .where(ofBaseline(call.account, id));
  return row !== undefined;
}

export function noBaseline(text: string): AwsError {
  return new AwsError('DoesNotExistException', `Patch baseline ${text} does not exist`);
}

export function ofBaseline(account: string, id: string) {
  return and(eq(patchBaseline.account, account), eq(patchBaseline.baselineId, id));
}

/** `pb-…` of the baseline that judges nodes of `os` in no patch group: the account's own choice, else the predefined. */
export async function defaultBaselineId(db: Database, account: string, os: OperatingSystem): Promise<string> {
  const chosen = await chosenDefaults(db, account);
  return chosen.get(os) ?? predefinedDefaultId(os);
}

export function predefinedDefaultId(os: OperatingSystem): string {
  return predefinedFor(os).BaselineId ?? '';
}

/** The defaults that the account registered, by operating system. */
export async function chosenDefaults(db: Database, account: string): Promise<ReadonlyMap<OperatingSystem, string>> {
  const rows = await db.select().from(defaultPatchBaseline).where(eq(defaultPatchBaseline.account, account));
  return new Map(rows.map((row) => [row.operatingSystem, row.baselineId]));
}

/** The patch groups that are registered with a baseline, in the order of their names. */
export async function groupsOfBaseline(db: Database, account: string, id: string): Promise<string[]> {
  const rows = await db
    .select({ group: patchGroup.patchGroup })
    .from(patchGroup)
    .where(and(eq(patchGroup.account, account), eq(patchGroup.baselineId, id)))
    .orderBy(asc(patchGroup.patchGroup));
  return rows.map(({ group }) => group);
}

/** `pb-…` of the baseline that a patch group is registered with for `os`, or null. */
export async function baselineIdOfGroup(
  db: Database,
  account: string,
  group: string,
  os: OperatingSystem,
): Promise<string | null> {
  const [row] = await db
    .select({ id: patchGroup.baselineId })
    .from(patchGroup)
    .where(and(eq(patchGroup.account, account), eq(patchGroup.patchGroup, group), eq(patchGroup.operatingSystem, os)));
  return row?.id ?? null;
}

/**
 * The baseline that judges a node: that of its patch group for its operating system, else the account's default, else
 * the predefined one. A group that nobody registered is no error. `patchGroup`: null or '' for a node in none.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-patch-groups.html
 */
export async function baselineForNode(
  db: Database,
  account: string,
  node: { readonly patchGroup: string | null; readonly operatingSystem: OperatingSystem },
): Promise<KnownBaseline> {
  const { patchGroup: group, operatingSystem: os } = node;
  const registered = group ? await baselineIdOfGroup(db, account, group, os) : null;
  const id = registered ?? (await defaultBaselineId(db, account, os));
  const found = await findBaseline(db, account, id);
  if (found === null) throw new Error(`${id} is registered for ${os} and does not exist`);
  return found;
}
