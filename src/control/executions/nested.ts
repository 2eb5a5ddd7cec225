import { createHash } from 'node:crypto';
import { AwsError } from '../../core/aws-error.ts';
import type { Bell } from '../../store/bell.ts';
import type { Database } from '../../store/database.ts';
import { readStateMachineArn } from '../state-machines/arns.ts';
import { describeExecution } from './describe.ts';
import { typeNotSupported } from './errors.ts';
import { listen } from './listen.ts';
import { machineToStart } from './machine-to-start.ts';
import { startExecution } from './start.ts';
import { TaskError, type TaskRunner } from './task-runner.ts';

const RESOURCE = /^arn:aws[a-z-]*:states:::states:startExecution(|\.sync|\.sync:2|\.waitForTaskToken)$/;
/** The bell tells of the end; a ring that is lost costs this. */
const LOOK_MS = 10_000;

interface NestedInput {
  readonly StateMachineArn?: unknown;
  readonly Name?: unknown;
  readonly Input?: unknown;
}

export interface NestedNeeds {
  readonly db: Database;
  readonly bell: Bell;
  readonly random: () => number;
}

/**
 * Starts an execution from a task; with `.sync` the task is over when the execution is. Its name follows from the task
 * where none is given, so that a task which is started again finds the execution that it made. A parent that is stopped
 * leaves it running. HeartbeatSeconds of a `.sync` task is about somebody who beats with its token, as on AWS: that the
 * inner execution still runs is no sign of life.
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
 */
export function nestedRunner({ db, bell, random }: NestedNeeds, resource: string): TaskRunner | null {
  const mode = RESOURCE.exec(resource)?.[1];
  if (mode === undefined) return null;
  return {
    run: async (given, { account, region, idempotencyKey, signal, waits }) => {
      const { StateMachineArn, Name, Input = {} } = (given ?? {}) as NestedInput;
      const place = { account, region };
      const name = typeof Name === 'string' ? Name : nameOf(idempotencyKey);
      const input = typeof Input === 'string' ? Input : JSON.stringify(Input);
      const started = await db
        .transaction(async (tx) => {
          const call = { ...place, db: tx, now: new Date() };
          const arn = String(StateMachineArn ?? '');
          readStateMachineArn(place, arn);
          const stateMachine = await machineToStart(call, arn, random);
          // Nobody can wait for an EXPRESS execution that runs by itself: `aws-sdk:sfn:startSyncExecution` does.
          if (stateMachine.type === 'EXPRESS' && mode.startsWith('.sync')) throw typeNotSupported();
          return startExecution(call, { stateMachine, name, input });
        })
        .catch((error: unknown) => {
          if (!(error instanceof AwsError)) throw error;
          const exception = error.code.endsWith('Exception') ? error.code : `${error.code}Exception`;
          throw new TaskError(`StepFunctions.${exception}`, error.message);
        });
      const told = { ExecutionArn: started.executionArn, StartDate: started.startDate.toISOString() };
      if (!mode.startsWith('.sync')) return told;
      waits?.();
      for (;;) {
        signal.throwIfAborted();
        const heard = listen(bell, ['kintsugi_execution_end', started.executionArn], LOOK_MS, signal);
        const described = await describeExecution(
          { ...place, db, now: new Date() },
          { executionArn: started.executionArn },
        ).catch((error: unknown) => {
          heard.stop();
          throw error;
        });
        if (described.status !== 'RUNNING') {
          heard.stop();
          return outcome(described, mode);
        }
        await heard.done;
      }
    },
  };
}

function outcome(described: Record<string, unknown>, mode: string): unknown {
  const shown = Object.fromEntries(
    Object.entries(described).map(([key, value]) => [
      key.charAt(0).toUpperCase() + key.slice(1),
      value instanceof Date ? value.toISOString() : value,
    ]),
  );
  if (mode === '.sync:2') {
    for (const key of ['Input', 'Output'])
      if (typeof shown[key] === 'string') shown[key] = JSON.parse(shown[key]) as unknown;
  }
  if (described.status !== 'SUCCEEDED') throw new TaskError('States.TaskFailed', JSON.stringify(shown));
  return shown;
}

function nameOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 40);
}
