import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../../../core/aws-error.ts';
import { type OwnOperations, ownOperation } from '../../own-operation.ts';
import { type BakePowers, bakeRequest, checkedRequest } from '../flow/start-bake.ts';
import { triggerCondition } from './condition.ts';
import { addTrigger, removeTrigger, triggersOf } from './rows.ts';

const MOST = 200;
const CreateInput = z.strictObject({ Condition: triggerCondition, Bake: bakeRequest });
const DeleteInput = z.strictObject({
  TriggerId: z.string().regex(/^[0-9a-f]{8}$/, 'an id of a trigger is of 8 hexadecimal digits'),
});

/** Triggers of bakes: made, taken away, and told with what the last look at each came to. */
export function triggerOperations(powers: BakePowers): OwnOperations {
  return {
    CreateImageTrigger: {
      ...ownOperation(CreateInput, async (call, { Condition, Bake }) => {
        const { db, account, region, now, principal } = call;
        if (!powers.isRoot)
          throw new AwsError('BakeNotPossible', 'This server does not run as root, and only root can bake images.');
        // What could never start is told now, not at three in the morning.
        const { recipe } = await checkedRequest(call, Bake, powers);
        if ((await triggersOf(db, account)).length >= MOST)
          throw new AwsError('ValidationException', `There are ${MOST} triggers, which is the most.`);
        const id = randomBytes(4).toString('hex');
        const made = { account, id, region, family: recipe.family, condition: Condition };
        await addTrigger(db, { ...made, request: Bake, createdAt: now, createdBy: principal.arn });
        return { TriggerId: id, Family: recipe.family };
      }),
      bodyLimit: 262_144,
    },
    DeleteImageTrigger: ownOperation(DeleteInput, async ({ db, account }, { TriggerId }) => {
      if (!(await removeTrigger(db, account, TriggerId)))
        throw new AwsError('DoesNotExistException', `There is no trigger ${TriggerId}.`);
      return {};
    }),
    DescribeImageTriggers: ownOperation(z.strictObject({}), async ({ db, account }) => ({
      Triggers: (await triggersOf(db, account)).map((one) => ({
        TriggerId: one.id,
        Family: one.family,
        Condition: one.condition,
        AutoApprove: one.request.AutoApprove === true,
        CreatedAt: one.createdAt,
        CreatedBy: one.createdBy,
        LookedAt: one.lookedAt,
        Outcome: one.outcome,
        ExecutionArn: one.execution,
      })),
    })),
  };
}
