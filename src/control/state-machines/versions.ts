import type {
  DeleteStateMachineVersionInput,
  ListStateMachineVersionsInput,
  PublishStateMachineVersionInput,
} from '@aws-sdk/client-sfn';
import { and, count, desc, eq, lt, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { stateMachine, stateMachineAlias, stateMachineVersion } from '../../store/schema/state-machines.ts';
import type { Call, Operations } from '../call.ts';
import { readStateMachineArn, stateMachineArn } from './arns.ts';
import {
  doesNotExist,
  findStateMachine,
  lockStateMachine,
  ofName,
  type StateMachineRow,
  type VersionRow,
} from './find.ts';
import { listPage } from './listing.ts';
import { unqualified } from './qualified.ts';

/** https://docs.aws.amazon.com/step-functions/latest/dg/limits-overview.html */
const MAX_VERSIONS = 1000;

/**
 * The version of a state machine's present revision: the one that was published already, else a new one with the next
 * number. The caller holds the state machine's row.
 */
export async function publish(call: Call, row: StateMachineRow, description?: string): Promise<VersionRow> {
  const { account, name, revisionId, definitionHash, roleArn } = row;
  const ofThis = and(eq(stateMachineVersion.account, account), eq(stateMachineVersion.name, name));
  const [published] = await call.db
    .select()
    .from(stateMachineVersion)
    .where(and(ofThis, sql`${stateMachineVersion.revisionId} IS NOT DISTINCT FROM ${revisionId}`))
    .orderBy(desc(stateMachineVersion.version))
    .limit(1);
  if (published !== undefined) return published;
  const [{ versions } = { versions: 0 }] = await call.db
    .select({ versions: count() })
    .from(stateMachineVersion)
    .where(ofThis);
  if (versions >= MAX_VERSIONS)
    throw new AwsError(
      'ServiceQuotaExceededException',
      `A state machine can have ${MAX_VERSIONS} versions at the most.`,
    );
  const [{ version } = { version: 0 }] = await call.db
    .update(stateMachine)
    .set({ newestVersion: sql`${stateMachine.newestVersion} + 1` })
    .where(ofName(account, name))
    .returning({ version: stateMachine.newestVersion });
  const fresh = { account, name, version, revisionId, definitionHash, roleArn, createdAt: call.now };
  const made = { ...fresh, description: description ?? null };
  await call.db.insert(stateMachineVersion).values(made);
  return made;
}

async function publishVersion(call: Call, input: PublishStateMachineVersionInput) {
  const arn = input.stateMachineArn ?? '';
  const name = unqualified(readStateMachineArn(call, arn), arn);
  return call.db.transaction(async (db) => {
    const tx = { ...call, db };
    const row = await lockStateMachine(tx, name);
    const { revisionId } = input;
    if (revisionId !== undefined && revisionId !== (row.revisionId ?? 'INITIAL'))
      throw new AwsError(
        'ConflictException',
        `Failed to publish the State Machine version for revision ${revisionId.slice(0, 64)}. The current State Machine revision is ${row.revisionId ?? 'INITIAL'}.`,
      );
    const made = await publish(tx, row, input.description);
    return {
      creationDate: made.createdAt,
      stateMachineVersionArn: stateMachineArn(call, name, made.version),
    };
  });
}

async function listVersions(call: Call, input: ListStateMachineVersionsInput) {
  const arn = input.stateMachineArn ?? '';
  const name = unqualified(readStateMachineArn(call, arn), arn);
  if ((await findStateMachine(call.db, call.account, name)) === null) throw doesNotExist(arn);
  const paging = { list: `ListStateMachineVersions ${name}`, keyOf: ({ version }: VersionRow) => [version] };
  const { items, ...rest } = await listPage(call, input, paging, (after, limit) =>
    call.db
      .select()
      .from(stateMachineVersion)
      .where(
        and(
          eq(stateMachineVersion.account, call.account),
          eq(stateMachineVersion.name, name),
          after === null ? undefined : lt(stateMachineVersion.version, Number(after[0])),
        ),
      )
      .orderBy(desc(stateMachineVersion.version))
      .limit(limit),
  );
  const stateMachineVersions = items.map(({ version, createdAt }) => ({
    stateMachineVersionArn: stateMachineArn(call, name, version),
    creationDate: createdAt,
  }));
  return { stateMachineVersions, ...rest };
}

/** Answers the same for one that is not there; executions that run from it go on. */
async function deleteVersion(call: Call, input: DeleteStateMachineVersionInput) {
  const arn = input.stateMachineVersionArn ?? '';
  const { name, qualifier } = readStateMachineArn(call, arn);
  if (!/^[1-9]\d{0,14}$/.test(qualifier ?? ''))
    throw new AwsError('ValidationException', `The ARN of a version is needed here: '${arn}'`);
  const version = Number(qualifier);
  return call.db.transaction(async (db) => {
    if ((await findStateMachine(db, call.account, name)) === null) return {};
    await lockStateMachine({ ...call, db }, name);
    const aliases = await db
      .select({ alias: stateMachineAlias.alias, routing: stateMachineAlias.routing })
      .from(stateMachineAlias)
      .where(and(eq(stateMachineAlias.account, call.account), eq(stateMachineAlias.name, name)));
    const using = aliases.filter(({ routing }) => routing.some((route) => route.version === version));
    if (using.length > 0)
      throw new AwsError(
        'ConflictException',
        `Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [${using.map(({ alias }) => alias).join(', ')}]`,
      );
    await db
      .delete(stateMachineVersion)
      .where(
        and(
          eq(stateMachineVersion.account, call.account),
          eq(stateMachineVersion.name, name),
          eq(stateMachineVersion.version, version),
        ),
      );
    return {};
  });
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html */
export const versionOperations: Operations = {
  PublishStateMachineVersion: publishVersion,
  ListStateMachineVersions: listVersions,
  DeleteStateMachineVersion: deleteVersion,
};
