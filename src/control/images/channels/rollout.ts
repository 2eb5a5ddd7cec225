import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { AwsError } from '../../../core/aws-error.ts';
import { isAmi, shortDigest } from '../../../core/images/names.ts';
import { execution } from '../../../store/schema/executions.ts';
import { imageRollout } from '../../../store/schema/images.ts';
import type { Call } from '../../call.ts';
import { startExecution } from '../../executions/start.ts';
import { shippedStateMachine } from '../../state-machines/shipped.ts';
import { revocationOf, revokedText } from './ancestry.ts';
import { family } from './input.ts';
import { lockImages } from './lock.ts';
import { pointerOf, wayBack } from './pointer.ts';

export const RolloutInput = z.object({
  Family: family,
  /** The name of the Auto Scaling group. https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html */
  Group: z
    .string()
    .regex(/^[\x20-\x39\x3b-\x7e]{1,255}$/, 'a group is named by 255 characters at the most, none a colon'),
  /** Of StartInstanceRefresh, over the careful ones of the definition. */
  Preferences: z.record(z.string().max(100), z.json()).optional(),
  RevokeOnFailure: z.boolean().optional(),
  /** Between two looks in the beginning; later ones are further apart. */
  WaitSeconds: z.int().min(1).max(3600).optional(),
  /** With more, the history of a rollout could outgrow what AWS allows. */
  MostLooks: z.int().min(1).max(360).optional(),
  GateLooks: z.int().min(1).max(60).optional(),
});

/**
 * Rolls the gold image of a family out to an Auto Scaling group: an execution of the shipped definition. While one of
 * the same image runs in the group, that one is answered. Errors: ChannelEmpty, ImageRevoked, NotAnAmi,
 * RolloutInProgress.
 */
export async function startImageRollout(
  newId: () => string,
  call: Call,
  { Family, Group, ...options }: z.output<typeof RolloutInput>,
) {
  const { db, account, now, principal } = call;
  await lockImages(call);
  const ami = await goldImage(call, Family);
  const answer = { Family, Digest: ami, Group };
  const running = await runningIn(call, Group);
  if (running !== null && running.digest === ami && running.family === Family)
    return { ...answer, ExecutionArn: running.execution, StartedAt: running.startedAt, AlreadyRuns: true };
  if (running !== null) {
    const message = `${running.digest} is being rolled out to ${Group}, by ${running.execution}. One rollout at a time.`;
    throw new AwsError('RolloutInProgress', message);
  }
  const stateMachine = await shippedStateMachine(call, 'roll-out-auto-scaling-group');
  const input = JSON.stringify({ Family, ImageId: ami, Group, ...options });
  const name = `${Family.slice(0, 40)}-${shortDigest(ami)}-${newId()}`;
  const { executionArn, startDate } = await startExecution(call, { stateMachine, name, input });
  await db.insert(imageRollout).values({
    account,
    execution: executionArn,
    family: Family,
    digest: ami,
    target: Group,
    startedAt: now,
    startedBy: principal.arn,
  });
  return { ...answer, ExecutionArn: executionArn, StartedAt: startDate, AlreadyRuns: false };
}

async function goldImage({ db, account }: Call, name: string): Promise<string> {
  const place = { family: name, channel: 'gold' } as const;
  const pointer = await pointerOf(db, account, place);
  if (pointer === null) throw new AwsError('ChannelEmpty', `The family ${name} has no gold image yet.`);
  const revocation = await revocationOf(db, account, pointer.digest);
  if (revocation !== null) {
    const back = await wayBack(db, account, place);
    const advice = back === null ? 'No earlier gold image may be used.' : `An earlier gold image is ${back}.`;
    throw new AwsError('ImageRevoked', `${revokedText(pointer.digest, revocation)} ${advice}`);
  }
  if (!isAmi(pointer.digest)) {
    const message = `The gold image of ${name} is a disk, ${pointer.digest}: an Auto Scaling group needs an AMI.`;
    throw new AwsError('NotAnAmi', message);
  }
  return pointer.digest;
}

async function runningIn({ db, account }: Call, group: string) {
  const [row] = await db
    .select({
      execution: imageRollout.execution,
      family: imageRollout.family,
      digest: imageRollout.digest,
      startedAt: imageRollout.startedAt,
    })
    .from(imageRollout)
    .innerJoin(execution, eq(execution.arn, imageRollout.execution))
    .where(and(eq(imageRollout.account, account), eq(imageRollout.target, group), eq(execution.status, 'RUNNING')))
    .limit(1);
  return row ?? null;
}
