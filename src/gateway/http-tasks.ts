import { invalidConnection } from '../clouds/web/http-task/connection.ts';
import { HTTP_RESOURCE, type HttpTaskOptions, runHttpTask } from '../clouds/web/http-task/run-http-task.ts';
import { TaskFailure } from '../clouds/web/http-task/task-failure.ts';
import { TaskError, type TaskRunner, type TaskSurroundings } from '../control/executions/task-runner.ts';
import type { ownTasks } from './own-task.ts';

const PARAMETER = /^arn:aws[a-z-]*:ssm:[^:]*:[^:]*:parameter\/[^:]+(?::[^:]+)?$/;

/**
 * Runs `arn:aws:states:::http:invoke`; null for another resource. A ConnectionArn names a SecureString parameter of this
 * server, which is read as the execution itself could read it.
 */
export function httpTaskRunner(
  options: HttpTaskOptions,
  callOwn: ReturnType<typeof ownTasks>,
  resource: string,
): TaskRunner | null {
  if (!HTTP_RESOURCE.test(resource)) return null;
  return {
    run: async (input, around) => {
      const { region, idempotencyKey, signal, inspect } = around;
      const findConnection = (arn: string) => findParameter(callOwn, arn, around);
      const asked = { ...options, input, region, idempotencyKey, signal, findConnection };
      const told = await runHttpTask({ ...asked, ...(inspect === undefined ? {} : { inspect }) });
      if (!told.ok) throw new TaskError(told.error, told.cause);
      return told.output;
    },
  };
}

interface Answer {
  readonly Parameter?: { readonly Type?: unknown; readonly Value?: unknown };
}

async function findParameter(
  callOwn: ReturnType<typeof ownTasks>,
  arn: string,
  around: TaskSurroundings,
): Promise<string> {
  const shown = arn.slice(0, 300);
  if (!PARAMETER.test(arn)) {
    const how = 'Put the AuthParameters of the connection as JSON into a SecureString parameter, and give its ARN';
    throw notFound(`This server has no connections of EventBridge, and '${shown}' is none of its parameters. ${how}.`);
  }
  const parameters = { Name: arn, WithDecryption: true };
  const { Parameter } = (await callOwn({ service: 'ssm', action: 'getParameter', parameters }, around).catch(
    (error: unknown) => {
      if (!(error instanceof TaskError)) throw error;
      throw notFound(`The parameter ${shown} cannot be read: ${error.message}`);
    },
  )) as Answer;
  if (Parameter?.Type !== 'SecureString' || typeof Parameter.Value !== 'string')
    throw invalidConnection(`The parameter ${shown} must be a SecureString, which keeps its secret sealed.`);
  return Parameter.Value;
}

function notFound(cause: string): TaskFailure {
  return new TaskFailure('Events.ConnectionResource.ResourceNotFound', cause);
}
