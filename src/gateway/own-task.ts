import { createHash, randomUUID } from 'node:crypto';
import { authorize } from '../control/access-keys/authorize.ts';
import type { Principal } from '../control/call.ts';
import { TaskError, type TaskSurroundings } from '../control/executions/task-runner.ts';
import { AwsError } from '../core/aws-error.ts';
import type { Database } from '../store/database.ts';
import { flushOf } from '../store/durable.ts';
import { writeAnswer } from './json-answer.ts';
import type { Model } from './model/model.ts';
import { readInput } from './model/validate.ts';
import { recordFailure, runOperation } from './run-operation.ts';
import type { Service } from './service.ts';

/** Services of this server by the names of the Amazon States Language, with what stands before the dot of their errors. */
const OWN: Readonly<Record<string, { readonly service: string; readonly errors: string }>> = {
  ssm: { service: 'ssm', errors: 'Ssm' },
  sfn: { service: 'states', errors: 'Sfn' },
};

/** A task of a state machine that calls this server's own API. */
export interface OwnTask {
  /** `ssm`. */
  readonly service: string;
  /** `getParameter`. */
  readonly action: string;
  readonly parameters: unknown;
}

/** The operations of this server as tasks: checked, authorised as an operator, and recorded like everybody's calls. */
export function ownTasks(db: Database, services: readonly Service[]) {
  const flush = flushOf(db);
  return async ({ service: asked, action, parameters }: OwnTask, around: TaskSurroundings): Promise<unknown> => {
    const { account, region, executionArn, idempotencyKey, signal } = around;
    const own = Object.hasOwn(OWN, asked) ? OWN[asked] : undefined;
    const service = services.find(({ name }) => name === own?.service);
    const name = action.charAt(0).toUpperCase() + action.slice(1);
    if (own === undefined || service === undefined || !Object.hasOwn(service.operations, name))
      throw new TaskError('States.Runtime', `The action ${action} of the service ${asked} is not known here.`);
    const principal: Principal = {
      account,
      role: 'operator',
      accessKeyId: 'execution',
      instanceId: null,
      arn: `arn:aws:sts::${account}:assumed-role/execution/${executionArn.split(':').slice(6).join('/')}`,
    };
    const call = { account, region, principal, requestId: randomUUID(), sourceIp: '127.0.0.1', now: new Date(), db };
    const planned = { service, name, call: { ...call, signal }, flush };
    let input: Record<string, unknown> = {};
    try {
      authorize(principal, { service: service.name, operation: name, region, input });
      const keyed = withToken(service.model, name, spelled(service.model, name, parameters), idempotencyKey);
      input = readInput(service.model, service.model.operations[name]?.input, keyed);
      return shown(JSON.parse(writeAnswer(isoDates(await runOperation(planned, input)) as object)) as unknown);
    } catch (error) {
      await recordFailure(planned, input, error);
      if (!(error instanceof AwsError)) throw error;
      const exception = error.code.endsWith('Exception') ? error.code : `${error.code}Exception`;
      const cause = `${error.message} (Service: ${own.errors}, Status Code: ${error.status}, Request ID: ${call.requestId})`;
      throw new TaskError(`${own.errors}.${exception}`, cause);
    }
  };
}

/** Names begin with a capital in a definition, whatever the service writes. */
function spelled(model: Model, operation: string, parameters: unknown): unknown {
  const shape = model.shapes[model.operations[operation]?.input ?? ''];
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) return parameters;
  const members = shape?.type === 'structure' ? Object.keys(shape.members) : [];
  return Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => {
      const known = members.find((member) => upperFirst(member) === key);
      if (known === undefined) throw new AwsError('ValidationException', `The field '${key}' is not supported.`);
      return [known, value];
    }),
  );
}

/** A task that is started again makes nothing a second time where the operation can tell by a token. */
function withToken(model: Model, operation: string, given: unknown, key: string): unknown {
  const shape = model.shapes[model.operations[operation]?.input ?? ''];
  const token = shape?.type === 'structure' ? shape.token : undefined;
  if (token === undefined || typeof given !== 'object' || given === null || token in given) return given;
  const hex = createHash('sha256').update(key).digest('hex');
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return { ...given, [token]: uuid };
}

function isoDates(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(isoDates);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, isoDates(one)]));
}

/** The members of the answer itself begin with a capital. */
function shown(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return answer;
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [upperFirst(key), value]));
}

function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
