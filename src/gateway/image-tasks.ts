import { createHash, randomUUID } from 'node:crypto';
import { authorize } from '../control/access-keys/authorize.ts';
import type { Principal } from '../control/call.ts';
import { TaskError, type TaskRunner, type TaskSurroundings } from '../control/executions/task-runner.ts';
import { AwsError } from '../core/aws-error.ts';
import { isObject } from '../core/states-language/definition/parse.ts';
import type { Database } from '../store/database.ts';
import { flushOf } from '../store/durable.ts';
import { recordFailure, runOperation } from './run-operation.ts';
import type { Service } from './service.ts';

type Answer = Readonly<Record<string, unknown>>;

interface ImageTask {
  readonly operation: string;
  /** It makes nothing twice where it is started again: the operation takes a token. */
  readonly isKeyed?: boolean;
  /** What the task answers, or the error that it fails with. */
  readonly outcome: (answer: Answer, input: Answer) => Answer;
}

const RESOURCE = /^arn:aws[a-z-]*:states:::kintsugi:(image\.[A-Za-z]+(?:\.waitForTaskToken)?)$/;

/** The tasks of state machines about images and channels, each an operation of the service `kintsugi`. */
const TASKS: Readonly<Record<string, ImageTask>> = {
  'image.register': {
    operation: 'RegisterImage',
    isKeyed: true,
    outcome: (answer) => {
      if (answer.Revoked === true)
        throw revoked(`${answer.Digest} was made from ${answer.RevokedDigest}`, answer.Reason);
      return answer;
    },
  },
  'image.promote': { operation: 'PromoteImage', isKeyed: true, outcome: (answer) => answer },
  'image.check': {
    operation: 'DescribeImageRevocation',
    outcome: (answer, { Family, Digest }) => {
      const { Digest: by, Reason } = (answer.Revocation ?? {}) as { Digest?: unknown; Reason?: unknown };
      if (answer.Revoked === true) throw revoked(by === Digest ? `${Digest}` : `${Digest} was made from ${by}`, Reason);
      return { Family, Digest, Revoked: false };
    },
  },
  'image.requestApproval.waitForTaskToken': { operation: 'RequestImageApproval', outcome: (answer) => answer },
};

/**
 * Runs `arn:aws:states:::kintsugi:image.*`: checked, authorised as an operator, and recorded like everybody's calls.
 * What an operation refuses with CODE fails the task with `Kintsugi.CODE`; null for another resource.
 */
export function imageTaskRunner(db: Database, services: readonly Service[]): (resource: string) => TaskRunner | null {
  const service = services.find(({ name }) => name === 'kintsugi');
  const flush = flushOf(db);
  return (resource) => {
    const name = RESOURCE.exec(resource)?.[1] ?? '';
    const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
    if (task === undefined || service === undefined) return null;
    return { run: (parameters, around) => runImageTask({ db, service, flush }, task, parameters, around) };
  };
}

async function runImageTask(
  { db, service, flush }: { db: Database; service: Service; flush: ReturnType<typeof flushOf> },
  { operation, isKeyed = false, outcome }: ImageTask,
  parameters: unknown,
  { account, region, executionArn, idempotencyKey, taskToken, signal }: TaskSurroundings,
): Promise<unknown> {
  const principal: Principal = {
    account,
    role: 'operator',
    accessKeyId: 'execution',
    instanceId: null,
    arn: `arn:aws:sts::${account}:assumed-role/execution/${executionArn.split(':').slice(6).join('/')}`,
  };
  const now = new Date();
  const call = { account, region, principal, requestId: randomUUID(), sourceIp: '127.0.0.1', now, db, signal };
  const planned = { service, name: operation, call, flush };
  let input: Record<string, unknown> = {};
  try {
    const given = isObject(parameters as never) ? (parameters as Record<string, unknown>) : {};
    if (taskToken !== null && given.TaskToken !== taskToken)
      throw new TaskError(
        'Kintsugi.BadInput',
        'TaskToken must be the token of this task: {% $states.context.Task.Token %}.',
      );
    authorize(principal, { service: service.name, operation, region, input });
    input = readInput(service, operation, isKeyed ? { ClientToken: keyOf(idempotencyKey), ...given } : given);
    return outcome((await runOperation(planned, input)) as Answer, input);
  } catch (error) {
    if (error instanceof TaskError) throw error;
    await recordFailure(planned, input, error);
    if (!(error instanceof AwsError)) throw error;
    throw new TaskError(
      error.code === 'ValidationException' ? 'Kintsugi.BadInput' : `Kintsugi.${error.code}`,
      error.message,
    );
  }
}

function readInput(service: Service, operation: string, given: object): Record<string, unknown> {
  if (service.readInput === undefined) throw new Error(`${service.name} reads no inputs of its own`);
  return service.readInput(operation, given);
}

function keyOf(idempotencyKey: string): string {
  return `task-${createHash('sha256').update(idempotencyKey).digest('hex')}`;
}

function revoked(what: string, reason: unknown): TaskError {
  return new TaskError('Kintsugi.ImageRevoked', `${what}, revoked: ${String(reason)}`);
}
