import { rm } from 'node:fs/promises';
import { type ErrorCode, KintsugiError } from '../../../core/errors.ts';
import { imagesFolder, lockFile } from '../../../images/store/folders.ts';
import { holdFamily, leaveFamily } from '../../../images/store/holder.ts';
import { withImageLock } from '../../../images/store/lock.ts';
import { mendStore } from '../../../images/store/put.ts';
import { signedImages } from '../../../images/store/signed-manifest.ts';
import type { Database } from '../../../store/database.ts';
import { TaskError, type TaskSurroundings } from '../../executions/task-runner.ts';
import { fullDiskAs } from '../step.ts';
import { familyHolder, isBaking, releaseFamily, takeFamily } from './family.ts';
import { type BakeOrder, readOrder } from './order.ts';
import { answerOf, type StepAnswer, type StepName } from './step-answers.ts';
import type { RunStep } from './step-process.ts';
import { beginWork, isBegun, placeOf, workOf } from './work-folder.ts';

export interface BakeNeeds {
  readonly db: Database;
  /** The data directory. */
  readonly home: string;
  readonly now: () => Date;
  /** Only root can bake. */
  readonly isRoot: boolean;
  /** Hooks that come over the API are run. */
  readonly allowHooks: boolean;
  readonly runStep: RunStep;
  readonly heartbeatMs?: number;
}

const HEARTBEAT_MS = 15_000;
const HOLD_MS = 600_000;
/** The last programs of a server that was killed may take a moment to go. */
const LOCK_SECONDS = 30;

/**
 * One step of a bake as a task: `{Recipe, Bake}` in, a short answer out. Started again after its server died, it answers
 * what is done already, and what cannot be taken up is `Kintsugi.BakeInterrupted`. Errors: `Kintsugi.` and the code of the
 * catalogue; `Kintsugi.BakeElsewhere` where another server has to do it.
 */
export async function runBakeStep(
  needs: BakeNeeds,
  step: StepName,
  input: unknown,
  around: TaskSurroundings,
): Promise<StepAnswer> {
  try {
    const order = readOrder(input, needs.allowHooks);
    return await stepOf(needs, step, order, around).catch(async (error: unknown) => {
      if (around.signal.aborted) await tidyStopped(needs, order.recipe.family, around);
      throw error;
    });
  } catch (error) {
    throw taskError(fullDiskAs(error, `The step ${step}`));
  }
}

async function stepOf(
  needs: BakeNeeds,
  step: StepName,
  order: BakeOrder,
  around: TaskSurroundings,
): Promise<StepAnswer> {
  const { db, home, now } = needs;
  const { account, executionArn: execution, idempotencyKey } = around;
  const { recipe } = order;
  const images = imagesFolder(home);
  if (!needs.isRoot) throw elsewhere('This server does not run as root, and only root can bake images.');
  const place = await placeOf(images);
  const work = workOf(images, recipe.family, execution);
  const isFirst = step === 'kintsugi:bake.base';
  if (isFirst) {
    const other = await takeFamily(db, { account, family: recipe.family, execution, place }, now());
    if (other !== null) throw inProgress(recipe.family, other);
  } else await requireFamily(needs, recipe.family, place, around);
  const done = await withImageLock(
    lockFile(images, recipe.family),
    () =>
      kept(needs, recipe.family, around, async (signal) => {
        if (isFirst) await beginWork(work, execution, idempotencyKey);
        else if (!isBegun(work)) throw new KintsugiError('BakeInterrupted', 'The work folder of this bake is gone.');
        const { baseline, bootTimeoutSeconds } = order;
        const output = await needs.runStep({ step, recipe, work, home, baseline, bootTimeoutSeconds }, signal);
        return answerOf(
          step,
          output,
          step === 'kintsugi:bake.resolve' ? await knownImage(images, recipe, output) : null,
        );
      }),
    LOCK_SECONDS,
  );
  if (done === null) throw inProgress(recipe.family, 'another process');
  return done.value;
}

/** A sign of life, for the execution and for local bakes, until the step is over. */
async function kept<T>(
  { home, now, heartbeatMs = HEARTBEAT_MS }: BakeNeeds,
  family: string,
  { executionArn, signal, heartbeat }: TaskSurroundings,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const hold = () => holdFamily(imagesFolder(home), family, executionArn, new Date(now().getTime() + HOLD_MS));
  await hold();
  // A beat that fails is followed by the next one.
  let beating: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    beating = beating.then(() => Promise.allSettled([hold(), heartbeat()]));
  }, heartbeatMs);
  try {
    return await work(signal);
  } finally {
    clearInterval(timer);
    await beating;
  }
}

async function requireFamily(
  { db }: BakeNeeds,
  family: string,
  place: string,
  around: TaskSurroundings,
): Promise<void> {
  const holder = await familyHolder(db, around.account, family);
  if (holder?.execution !== around.executionArn)
    throw new KintsugiError('BakeInterrupted', `This execution does not hold the family ${family} any more.`);
  if (holder.place !== place) throw elsewhere(`The work of this bake lies on the machine of another server.`);
}

async function knownImage(images: string, { family }: { family: string }, output: unknown): Promise<string | null> {
  const { key } = output as { key: { bake: string } };
  await mendStore(images, family);
  const same = (await signedImages(images, family)).find(({ bakeKey }) => bakeKey === key.bake);
  return same === undefined ? null : `sha256:${same.digest}`;
}

/** `kintsugi:bake.end`: removes what the bake worked in, and gives the family up. Whatever happened before. */
export async function endBake(needs: BakeNeeds, input: unknown, around: TaskSurroundings): Promise<StepAnswer> {
  try {
    // What was baked decides nothing here: a recipe that is refused has left nothing, and still ends.
    const { recipe } = readOrder(input, true);
    await leaveNothing(needs, recipe.family, around);
    return { Ended: true };
  } catch (error) {
    throw taskError(error);
  }
}

async function leaveNothing({ db, home }: BakeNeeds, family: string, around: TaskSurroundings): Promise<void> {
  const images = imagesFolder(home);
  const work = workOf(images, family, around.executionArn);
  if (isBegun(work)) {
    const remove = () => rm(work, { recursive: true, force: true });
    const done = await withImageLock(lockFile(images, family), remove, LOCK_SECONDS);
    if (done === null) throw inProgress(family, 'another process');
  }
  await leaveFamily(images, family, around.executionArn);
  await releaseFamily(db, around.account, family, around.executionArn);
}

/** Of an execution that was stopped; what cannot be taken away now, `keepBakes` does. */
async function tidyStopped(needs: BakeNeeds, family: string, around: TaskSurroundings): Promise<void> {
  try {
    if (!(await isBaking(needs.db, around.executionArn))) await leaveNothing(needs, family, around);
  } catch {
    // The store is away, or another bake of the family has begun.
  }
}

function inProgress(family: string, who: string): KintsugiError {
  return new KintsugiError('BakeInProgress', `${who} bakes ${family} now.`);
}

function elsewhere(why: string): TaskError {
  return new TaskError('Kintsugi.BakeElsewhere', why);
}

function taskError(error: unknown): unknown {
  if (!(error instanceof KintsugiError)) return error;
  const code: ErrorCode = error.code;
  return new TaskError(`Kintsugi.${code}`, `${error.message}\n${error.advice}`);
}
