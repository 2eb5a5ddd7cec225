import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../../../core/aws-error.ts';
import { KintsugiError } from '../../../core/errors.ts';
import type { Call } from '../../call.ts';
import { startExecution } from '../../executions/start.ts';
import { type OwnOperations, ownOperation } from '../../own-operation.ts';
import { baselineForNode, requireBaseline } from '../../patch-manager/baselines.ts';
import { shippedStateMachine } from '../../state-machines/shipped.ts';
import { takeFamily } from './family.ts';
import { bakeOptions, checkOrderedRecipe, readBaseline } from './order.ts';

/** What a bake through its channels is asked for by. */
export const bakeRequest = z.strictObject({
  /** As `src/images/disk/recipe.ts` has it. */
  Recipe: z.record(z.string(), z.unknown()),
  /** `pb-…` or its ARN, as it is when the bake starts; absent: the account's default for Debian. */
  BaselineId: z.string().min(1).max(256).optional(),
  /** The baseline itself, in place of an id. */
  Baseline: bakeOptions.shape.Baseline,
  BootTimeoutSeconds: bakeOptions.shape.BootTimeoutSeconds,
  /** Bakes though nothing would change. */
  Force: z.boolean().optional(),
  /** Nobody is asked before the image becomes gold. */
  AutoApprove: z.boolean().optional(),
  ApprovalTimeoutSeconds: z.int().min(60).max(31_536_000).optional(),
  Message: z.string().max(1000).optional(),
});
export type BakeRequest = z.infer<typeof bakeRequest>;

const StartInput = bakeRequest.extend({
  /** Of the execution; the same name never starts twice. */
  Name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,80}$/, 'a name is of letters, digits, dashes and underscores, 80 at the most')
    .optional(),
});

/** What a server can bake, as it was started. */
export interface BakePowers {
  readonly isRoot: boolean;
  readonly allowHooks: boolean;
}

/** `StartImageBake`: a golden image by the state machine of bakes. Its hooks and its baseline may be some pages. */
export function bakeOperations(powers: BakePowers): OwnOperations {
  return {
    StartImageBake: {
      ...ownOperation(StartInput, ({ ...call }, { Name, ...request }) => startBake(call, request, powers, Name)),
      bodyLimit: 262_144,
    },
  };
}

/**
 * Starts a bake in the transaction of the call, and takes its family with it. Throws AwsError: BakeNotPossible
 * where this server cannot bake so, BakeInProgress, ValidationException, DoesNotExistException.
 */
export async function startBake(
  call: Call,
  request: BakeRequest,
  powers: BakePowers,
  name?: string,
): Promise<{ ExecutionArn: string; StateMachineArn: string; StartDate: Date }> {
  const { db, account, now } = call;
  if (!powers.isRoot) {
    throw new AwsError('BakeNotPossible', 'This server does not run as root, and only root can bake images.');
  }
  const { recipe, input } = await checkedRequest(call, request, powers);
  const machine = await shippedStateMachine(call, 'bake-golden-image');
  const wanted = name ?? `${recipe.family}-${randomUUID().slice(0, 13)}`;
  const started = await startExecution(call, { stateMachine: machine, name: wanted, input: JSON.stringify(input) });
  const taken = { account, family: recipe.family, execution: started.executionArn, place: null };
  const other = await takeFamily(db, taken, now);
  if (other !== null) throw new AwsError('BakeInProgress', `${other} bakes ${recipe.family} now.`);
  return { ExecutionArn: started.executionArn, StateMachineArn: machine.arn, StartDate: started.startDate };
}

/** The recipe and the input of an execution. Throws ValidationException, BakeNotPossible, DoesNotExistException. */
export async function checkedRequest(call: Call, request: BakeRequest, powers: Pick<BakePowers, 'allowHooks'>) {
  const { Recipe, BaselineId, Baseline, BootTimeoutSeconds, ...more } = request;
  if (BaselineId !== undefined && Baseline !== undefined)
    throw new AwsError('ValidationException', 'Give a BaselineId or a Baseline, not both.');
  const recipe = refused(() => checkOrderedRecipe(Recipe, powers.allowHooks));
  if (recipe.boot === 'none')
    throw new AwsError('ImageUntested', `An image of ${recipe.family} that is not booted would not become gold.`);
  const text = Baseline ?? (await baselineText(call, BaselineId));
  refused(() => readBaseline(text));
  const bake = { Baseline: text, ...(BootTimeoutSeconds !== undefined && { BootTimeoutSeconds }) };
  return { recipe, input: { Recipe: recipe, Bake: bake, ...more } };
}

/** The baseline of an id, or the account's own for Debian, as text. Throws DoesNotExistException. */
export async function baselineText(call: Call, id: string | undefined) {
  const known =
    id === undefined
      ? await baselineForNode(call.db, call.account, { patchGroup: null, operatingSystem: 'DEBIAN' })
      : await requireBaseline(call, id);
  return { From: known.id, Text: JSON.stringify(known.baseline) };
}

function refused<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof KintsugiError)) throw error;
    const code = error.code === 'Permission' ? 'BakeNotPossible' : 'ValidationException';
    throw new AwsError(code, error.message);
  }
}
