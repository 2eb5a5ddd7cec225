import { randomUUID } from 'node:crypto';
import type { TestStateInput } from '@aws-sdk/client-sfn';
import { faultMessage } from '../../../core/fault-message.ts';
import type { Json } from '../../../core/states-language/json.ts';
import { MockMisfit } from '../../../core/states-language/machine/settle-mock.ts';
import type { ScheduledTask } from '../../../core/states-language/machine/types.ts';
import type { Call, Operation } from '../../call.ts';
import { executionArn, stateMachineArn } from '../../state-machines/arns.ts';
import { type FindTaskRunner, TaskError } from '../task-runner.ts';
import { invalid } from './check-rules.ts';
import { outcomeOf } from './outcome.ts';
import { type Plan, readPlan } from './read-plan.ts';
import { type TaskOutcome, tryState } from './try-state.ts';

export interface TestStateNeeds {
  readonly findTaskRunner: FindTaskRunner;
  readonly random: () => number;
  /** What is wrong with the mocked result of a resource, by its own model; null where nothing is, or none is known. */
  readonly checkMock: (resource: string, result: Json, isStrict: boolean) => Promise<string | null>;
  /** AWS's five minutes where absent. */
  readonly mostMs?: number;
}

const MOST_MS = 300_000;
const MACHINE = 'TestState';

/**
 * Runs one state, by the interpreter and the task runners of executions, and keeps nothing of it. Throws
 * InvalidDefinition, InvalidExecutionInput, InvalidArn, ValidationException.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
 */
export function testStateOperation(needs: TestStateNeeds): Operation<TestStateInput> {
  return async (call, input) => {
    const plan = readPlan(input);
    await checkMock(needs, plan, input.mock?.fieldValidationMode ?? 'STRICT');
    const { random, mostMs = MOST_MS } = needs;
    const facts = factsOf(call, plan);
    let exchange: object | null = null;
    const tell = (told: object): void => {
      exchange = told;
    };
    const { signal } = call;
    // It reaches outside, and nothing of it can be taken back.
    await call.recorded?.();
    const tried = await tryState(plan, {
      facts,
      now: () => new Date(),
      random,
      deadline: Date.now() + mostMs,
      runTask: (task, until, beat) => runTask(needs, call, { plan, task, until, beat, tell, execution: facts.arn }),
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      throw error instanceof MockMisfit ? invalid(error.message) : error;
    });
    return outcomeOf(plan, tried, exchange);
  };
}

async function checkMock(needs: TestStateNeeds, { node, mock }: Plan, mode: string): Promise<void> {
  if (mock === null || !('result' in mock) || mode === 'NONE' || node.type !== 'Task') return;
  const resource = String(node.fields.Resource);
  const wrong = await needs.checkMock(resource, JSON.parse(mock.result) as Json, mode === 'STRICT');
  if (wrong !== null) throw invalid(`The mocked result is none of ${resource.replace(/^.*:::/, '')}: ${wrong}`);
}

function factsOf(call: Call, { roleArn, input }: Plan) {
  const name = randomUUID();
  return {
    arn: executionArn(call, MACHINE, name),
    name,
    stateMachineArn: stateMachineArn(call, MACHINE),
    stateMachineName: MACHINE,
    roleArn,
    region: call.region,
    input,
    startTime: call.now.toISOString(),
  };
}

interface Running {
  readonly plan: Plan;
  readonly task: ScheduledTask;
  readonly until: () => number;
  readonly beat: () => Promise<void>;
  readonly tell: (exchange: object) => void;
  readonly execution: string;
}

async function runTask(needs: TestStateNeeds, call: Call, running: Running): Promise<TaskOutcome> {
  const { plan, task, until, beat, tell, execution } = running;
  const found = needs.findTaskRunner(task.resource);
  if (found === null)
    return { error: 'Kintsugi.UnknownResource', cause: `No part of this server runs the resource '${task.resource}'.` };
  const over = new AbortController();
  // A sign of life moves the end; it is looked at again each time.
  const watch = setInterval(() => {
    if (Date.now() >= until() || call.signal?.aborted === true) over.abort();
  }, LOOK_MS);
  const { account, region } = call;
  const { level, revealSecrets } = plan;
  const gone = new Promise<null>((resolve) => over.signal.addEventListener('abort', () => resolve(null)));
  const ran = found
    .run(JSON.parse(task.input) as unknown, {
      account,
      region,
      executionArn: execution,
      resource: task.resource,
      taskToken: null,
      idempotencyKey: `${execution}#${task.task.id}`,
      start: 1,
      signal: over.signal,
      heartbeat: beat,
      ...(level === 'TRACE' ? { inspect: { revealSecrets, tell } } : {}),
    })
    .then(
      (output): TaskOutcome => ({ output: JSON.stringify(output ?? null) }),
      (error: unknown): TaskOutcome => {
        if (over.signal.aborted) return null;
        return { error: error instanceof TaskError ? error.error : 'States.TaskFailed', cause: faultMessage(error) };
      },
    );
  try {
    return await Promise.race([ran, gone]);
  } finally {
    clearInterval(watch);
  }
}

const LOOK_MS = 50;
