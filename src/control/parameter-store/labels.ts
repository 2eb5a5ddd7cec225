import type {
  LabelParameterVersionRequest,
  LabelParameterVersionResult,
  UnlabelParameterVersionRequest,
  UnlabelParameterVersionResult,
} from '@aws-sdk/client-ssm';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { parameterLabel } from '../../store/schema/parameters.ts';
import type { Call } from '../call.ts';
import { findVersion, labelsOf, lockParameter, notFound, requireVersion, versionNotFound } from './find.ts';
import { isLabel, readReference } from './names.ts';

const MAX_LABELS = 10;

/**
 * Attaches labels to a version, the latest where none is named; a label that is on another version moves. Labels that
 * break the rules are answered as invalid. Throws ParameterVersionLabelLimitExceeded when the version would have more
 * than ten.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_LabelParameterVersion.html
 */
export async function LabelParameterVersion(
  call: Call,
  { Name = '', ParameterVersion, Labels = [] }: LabelParameterVersionRequest,
): Promise<LabelParameterVersionResult> {
  return changing(call, Name, ParameterVersion, async (tx, name, version) => {
    const valid = [...new Set(Labels.filter(isLabel))];
    const present = (await labelsOf(tx.db, call.account, name)).get(version) ?? [];
    if (new Set([...present, ...valid]).size > MAX_LABELS) {
      const message =
        'A parameter version can have maximum 10 labels. Move one or more labels to another version and try again.';
      throw new AwsError('ParameterVersionLabelLimitExceeded', message);
    }
    if (valid.length > 0) {
      await tx.db
        .insert(parameterLabel)
        .values(valid.map((label) => ({ account: call.account, name, label, version })))
        .onConflictDoUpdate({
          target: [parameterLabel.account, parameterLabel.name, parameterLabel.label],
          set: { version: sql`excluded.version` },
        });
    }
    return { InvalidLabels: Labels.filter((label) => !isLabel(label)), ParameterVersion: version };
  });
}

/** Takes labels off a version; those that are not on it are answered as invalid. */
export async function UnlabelParameterVersion(
  call: Call,
  { Name = '', ParameterVersion, Labels = [] }: UnlabelParameterVersionRequest,
): Promise<UnlabelParameterVersionResult> {
  return changing(call, Name, ParameterVersion, async (tx, name, version) => {
    const present = new Set((await labelsOf(tx.db, call.account, name)).get(version));
    const asked = [...new Set(Labels)];
    const RemovedLabels = asked.filter((label) => present.has(label));
    if (RemovedLabels.length > 0)
      await tx.db
        .delete(parameterLabel)
        .where(
          and(
            eq(parameterLabel.account, call.account),
            eq(parameterLabel.name, name),
            inArray(parameterLabel.label, RemovedLabels),
          ),
        );
    return { RemovedLabels, InvalidLabels: asked.filter((label) => !present.has(label)) };
  });
}

/** Finds the version under the parameter's lock. Throws ParameterNotFound and ParameterVersionNotFound. */
async function changing<T>(
  call: Call,
  given: string,
  number: number | undefined,
  change: (tx: Call, name: string, version: number) => Promise<T>,
): Promise<T> {
  const reference = readReference(call, given);
  if (reference === null || reference.selector !== '') throw notFound(given);
  return call.db.transaction(async (db) => {
    const tx = { ...call, db };
    const { name } = await requireVersion(tx, given, reference);
    await lockParameter(db, call.account, name);
    const latest = await requireVersion(tx, given, { ...reference, names: [name] });
    const version = number ?? latest.version;
    const reached = { names: [name], version: { number: version }, selector: '' };
    const isThere = Number.isSafeInteger(version) && (await findVersion(tx, reached)) !== null;
    if (!isThere) throw versionNotFound('version', version, name);
    return change(tx, name, version);
  });
}
