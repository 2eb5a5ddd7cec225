import { and, desc, eq } from 'drizzle-orm';
import { AwsError } from '../../../core/aws-error.ts';
import { goldParameter, isAmi, revocationParameter } from '../../../core/images/names.ts';
import { parameterVersion } from '../../../store/schema/parameters.ts';
import type { Sealer } from '../../../store/sealer.ts';
import type { Call } from '../../call.ts';
import { DeleteParameter } from '../../parameter-store/delete.ts';
import { labelsOf } from '../../parameter-store/find.ts';
import { LabelParameterVersion, UnlabelParameterVersion } from '../../parameter-store/labels.ts';
import { putParameter } from '../../parameter-store/put.ts';
import { usableAmong } from './registry.ts';
import { waysBack } from './ways-back.ts';

/** What publishing goes through: the parameter store of this server. */
export interface PublishNeeds {
  readonly sealer: Sealer;
}

const OURS = /^(?:current|previous|gold-\d+)$/;
/** A parameter has a hundred versions, and one with a label is never dropped: the oldest give theirs up. */
const MOST_LABELLED = 50;
const LONGEST_REASON = 1000;

/**
 * Publishes the gold image of a family as a parameter, in the call's transaction. Labels: `gold-N` names the channel's
 * version, `current` the newest, `previous` the one to go back to, which is never one that is revoked.
 * Errors: those of PutParameter, such as for a parameter of this name that somebody made with another type.
 */
export async function publishGold(
  needs: PublishNeeds,
  call: Call,
  { family, digest, version }: { readonly family: string; readonly digest: string; readonly version: number },
): Promise<void> {
  const Name = goldParameter(family);
  await unlabelOld(call, Name);
  const { Version = 0 } = await putParameter(needs.sealer, call, {
    Name,
    Value: digest,
    Type: 'String',
    DataType: isAmi(digest) ? 'aws:ec2:image' : 'text',
    Description: `The gold image of ${family}, version ${version} of its channel.`,
    Overwrite: true,
  });
  await label(call, Name, Version, ['current', `gold-${version}`]);
  await labelPrevious(call, family);
}

/** Takes the published parameter away: then nobody is told an image that may not be used. */
export async function withdrawGold(call: Call, family: string): Promise<void> {
  await DeleteParameter(call, { Name: goldParameter(family) }).catch(ignoreMissing);
}

/** Puts the label `previous` to the newest earlier version whose image may be used and was not left, or takes it away. */
export async function labelPrevious(call: Call, family: string): Promise<void> {
  const { db, account } = call;
  const Name = goldParameter(family);
  const rows = await db
    .select({ version: parameterVersion.version, value: parameterVersion.value })
    .from(parameterVersion)
    .where(and(eq(parameterVersion.account, account), eq(parameterVersion.name, Name)))
    .orderBy(desc(parameterVersion.version));
  const [newest, ...earlier] = rows.map(({ version, value }) => ({ version, digest: value.toString() }));
  if (newest === undefined) return;
  const usable = await usableAmong(db, account, family, [...new Set(earlier.map(({ digest }) => digest))]);
  const back = waysBack([newest, ...earlier].map(({ digest }) => digest)).find((digest) => usable.has(digest));
  const before = earlier.find(({ digest }) => digest === back);
  if (before !== undefined) return label(call, Name, before.version, ['previous']);
  for (const [version, labels] of await labelsOf(db, account, Name))
    if (labels.includes('previous')) await unlabel(call, Name, version, ['previous']);
}

/**
 * Publishes that an image is revoked, for state machines that ask by a parameter. False where the parameter store has
 * no room: the revocation itself stands all the same.
 */
export async function publishRevocation(
  needs: PublishNeeds,
  call: Call,
  digest: string,
  reason: string,
): Promise<boolean> {
  const input = {
    Name: revocationParameter(digest),
    Value: reason.slice(0, LONGEST_REASON).replace(/\{(?=\{)/g, '{ '),
    Type: 'String',
    Tier: 'Intelligent-Tiering',
  } as const;
  try {
    await putParameter(needs.sealer, call, input);
    return true;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return error.code === 'ParameterAlreadyExists';
  }
}

async function unlabelOld(call: Call, name: string): Promise<void> {
  const labels = await labelsOf(call.db, call.account, name);
  const versions = [...labels.keys()].sort((a, b) => b - a);
  for (const [index, version] of versions.entries()) {
    const ours = (labels.get(version) ?? []).filter((one) => OURS.test(one));
    const isOld = index >= MOST_LABELLED;
    const gone = ours.filter((one) => isOld || one === 'previous');
    if (gone.length > 0) await unlabel(call, name, version, gone);
  }
}

async function label(call: Call, Name: string, ParameterVersion: number, Labels: string[]): Promise<void> {
  await LabelParameterVersion(call, { Name, ParameterVersion, Labels });
}

async function unlabel(call: Call, Name: string, ParameterVersion: number, Labels: string[]): Promise<void> {
  await UnlabelParameterVersion(call, { Name, ParameterVersion, Labels });
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof AwsError) || error.code !== 'ParameterNotFound') throw error;
}
