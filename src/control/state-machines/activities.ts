import type { CreateActivityInput, DescribeActivityInput, ListActivitiesInput } from '@aws-sdk/client-sfn';
import { and, asc, eq, gt } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { activity } from '../../store/schema/executions.ts';
import type { Call, Operations } from '../call.ts';
import { activityArn, readActivityArn } from './arns.ts';
import { checkConfiguration } from './configuration.ts';
import { listPage } from './listing.ts';
import { checkName } from './names.ts';
import { dropTags, tagResource } from './resource-tags.ts';

export async function findActivity(db: Database, account: string, name: string) {
  const [row] = await db.select().from(activity).where(ofName(account, name));
  return row ?? null;
}

/** The row, or ActivityDoesNotExist. */
export async function activityOf(call: Call, arn: string) {
  const row = await findActivity(call.db, call.account, readActivityArn(call, arn));
  if (row === null) throw new AwsError('ActivityDoesNotExist', `Activity Does Not Exist: '${arn}'`);
  return row;
}

/** An activity is a name that workers poll: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-activities.html */
export const activityOperations: Operations = {
  /** The same name again answers what is there; its tags stay as they were. */
  CreateActivity: async (call: Call, input: CreateActivityInput) => {
    checkConfiguration(input);
    const name = checkName(input.name ?? '');
    const arn = activityArn(call, name);
    const fresh = await call.db
      .insert(activity)
      .values({ arn, account: call.account, name, createdAt: call.now })
      .onConflictDoNothing()
      .returning();
    if (fresh.length > 0) await tagResource(call, arn, input.tags ?? []);
    const row = fresh[0] ?? (await activityOf(call, arn));
    return { activityArn: arn, creationDate: row.createdAt };
  },
  DescribeActivity: async (call: Call, input: DescribeActivityInput) => {
    const { name, createdAt } = await activityOf(call, input.activityArn ?? '');
    return { activityArn: activityArn(call, name), name, creationDate: createdAt };
  },
  /** Answers the same for one that is not there. */
  DeleteActivity: async (call: Call, input: DescribeActivityInput) => {
    const name = readActivityArn(call, input.activityArn ?? '');
    await call.db.delete(activity).where(ofName(call.account, name));
    await dropTags(call, activityArn(call, name));
    return {};
  },
  ListActivities: async (call: Call, input: ListActivitiesInput) => {
    const paging = { list: 'ListActivities', keyOf: ({ name }: { name: string }) => [name] };
    const { items, ...rest } = await listPage(call, input, paging, (after, limit) =>
      call.db
        .select()
        .from(activity)
        .where(
          and(eq(activity.account, call.account), after === null ? undefined : gt(activity.name, String(after[0]))),
        )
        .orderBy(asc(activity.name))
        .limit(limit),
    );
    const activities = items.map(({ name, createdAt }) => ({
      activityArn: activityArn(call, name),
      name,
      creationDate: createdAt,
    }));
    return { activities, ...rest };
  },
};

function ofName(account: string, name: string) {
  return and(eq(activity.account, account), eq(activity.name, name));
}
