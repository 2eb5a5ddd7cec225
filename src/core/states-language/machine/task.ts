import { isResource, MOST_SECONDS } from '../definition/quotas.ts';
import type { Json } from '../json.ts';
import { amount } from './amounts.ts';
import { failureDetails, payload } from './history.ts';
import { checkSize, workInput } from './leave.ts';
import type { Run } from './run.ts';
import { runtimeFailure, type Sight, withContext } from './sight.ts';
import { StateFailure } from './state-failure.ts';
import type { ScopeState, TaskKind, TaskState } from './types.ts';
import { valueOfText } from './value.ts';

const ACTIVITY = /^arn:[^:]+:states:[^:]*:[^:]*:activity:/;

/** What a resource's name says: how the task ends, and the two names that AWS's events have for it. */
export interface ResourceName {
  readonly kind: TaskKind;
  readonly resourceType: string;
  readonly resource: string;
}

export function resourceName(resource: string): ResourceName {
  const kind = ACTIVITY.test(resource)
    ? 'activity'
    : resource.endsWith('.waitForTaskToken')
      ? 'token'
      : /\.sync(?::2)?$/.test(resource)
        ? 'sync'
        : 'request';
  const integration = /^arn:[^:]+:states:[^:]*:[^:]*:(.+)$/.exec(resource)?.[1] ?? resource;
  const isSdk = integration.startsWith('aws-sdk:');
  const split = integration.indexOf(':', isSdk ? 'aws-sdk:'.length : 0);
  return { kind, resourceType: integration.slice(0, split), resource: integration.slice(split + 1) };
}

/** The scope waits from here on for what the task tells. */
export async function startTask(at: Sight): Promise<void> {
  const { run, scope, node } = at;
  const name = resourceName(node.fields.Resource as string);
  if (!isResource(node.fields.Resource as string))
    throw runtimeFailure(at, `The resource '${node.fields.Resource}' is not a valid resource ARN.`);
  // That of a job (`.sync`) is for who wants to beat for it: AWS takes tokens of the job run pattern as well.
  const hasToken = name.kind !== 'request';
  const token = hasToken ? run.around.newId() : null;
  // A context object that was given may have a token of its own.
  const isNamed = name.kind !== 'activity' && token !== null && at.context.Task === undefined;
  const sight = isNamed ? withContext(at, { Task: { Token: token } }) : at;
  const raw = valueOfText(scope.input);
  const input = await workInput(sight, raw);
  checkSize(at, input.text);
  const timeout = await seconds(sight, 'TimeoutSeconds', raw.json);
  const heartbeat = await seconds(sight, 'HeartbeatSeconds', raw.json);
  const limits = {
    ...(timeout === null ? {} : { timeoutInSeconds: timeout }),
    ...(heartbeat === null ? {} : { heartbeatInSeconds: heartbeat }),
  };
  const id = `${scope.id}:${tellScheduled(at, name, input.text, limits)}`;
  const now = run.around.now.getTime();
  const task: TaskState = {
    id,
    kind: name.kind,
    token,
    timeoutAt: timeout === null ? null : now + timeout * 1000,
    heartbeatSeconds: heartbeat,
    // An activity's heart beats from when a worker takes it.
    heartbeatAt: heartbeat === null || name.kind === 'activity' ? null : now + heartbeat * 1000,
  };
  hold(scope, task);
  run.schedule({ scope: scope.id, task, resource: node.fields.Resource as string, input: input.text });
}

async function seconds(at: Sight, field: string, input: Json): Promise<number | null> {
  const found = await amount(at, field, 'integer', input);
  if (found !== null && (found <= 0 || found > MOST_SECONDS))
    throw runtimeFailure(at, `${field} must be a positive integer up to ${MOST_SECONDS}, but was: ${found}`);
  return found;
}

function tellScheduled(at: Sight, name: ResourceName, input: string, limits: Record<string, Json>): number {
  const { run, scope, node } = at;
  if (name.kind === 'activity') {
    const details = { resource: node.fields.Resource as string, ...payload('input', input), ...limits };
    return run.event(scope, 'ActivityScheduled', ['activityScheduledEventDetails', details]);
  }
  const { resourceType, resource } = name;
  const { region } = run.around.execution;
  const details = { resourceType, resource, region, parameters: input, ...limits };
  const id = run.event(scope, 'TaskScheduled', ['taskScheduledEventDetails', details]);
  run.event(scope, 'TaskStarted', ['taskStartedEventDetails', { resourceType, resource }]);
  return id;
}

function hold(scope: ScopeState, task: TaskState): void {
  scope.phase = 'task';
  scope.task = task;
  const ends = [task.timeoutAt, task.heartbeatAt].filter((time) => time !== null);
  scope.wakeAt = ends.length === 0 ? null : Math.min(...ends);
}

/** A sign of life: the next one is due in HeartbeatSeconds from now. */
export function beat(run: Run, scope: ScopeState): void {
  const { task } = scope;
  if (task === null || task.heartbeatSeconds === null) return;
  hold(scope, { ...task, heartbeatAt: run.around.now.getTime() + task.heartbeatSeconds * 1000 });
}

export function tellActivityStarted(run: Run, scope: ScopeState, worker: string | null): void {
  const details = worker === null ? {} : { workerName: worker };
  run.event(scope, 'ActivityStarted', ['activityStartedEventDetails', details]);
  beat(run, scope);
}

export function tellSubmitted(run: Run, scope: ScopeState, output: string): void {
  checkResult(run, scope, output);
  const { resourceType, resource } = nameOf(run, scope);
  const details = { resourceType, resource, ...payload('output', output) };
  run.event(scope, 'TaskSubmitted', ['taskSubmittedEventDetails', details]);
}

export function tellSucceeded(run: Run, scope: ScopeState, output: string): void {
  checkResult(run, scope, output);
  const { kind, resourceType, resource } = nameOf(run, scope);
  if (kind === 'activity') {
    run.event(scope, 'ActivitySucceeded', ['activitySucceededEventDetails', payload('output', output)]);
    return;
  }
  const details = { resourceType, resource, ...payload('output', output) };
  run.event(scope, 'TaskSucceeded', ['taskSucceededEventDetails', details]);
}

/** Also what a ResultSelector would make small: AWS takes no larger result from a task. */
function checkResult(run: Run, scope: ScopeState, output: string): void {
  try {
    checkSize({ run, node: run.node(scope) }, output);
  } catch (failure) {
    if (!(failure instanceof StateFailure)) throw failure;
    throw taskFailure(run, scope, 'Failed', failure.error, failure.detail);
  }
}

/** The failure that its state then bears. */
export function taskFailure(
  run: Run,
  scope: ScopeState,
  how: 'Failed' | 'TimedOut' | 'ScheduleFailed',
  error: string | null,
  cause: string | null,
): StateFailure {
  const { kind, resourceType, resource } = nameOf(run, scope);
  const told = failureDetails(error, cause);
  if (kind === 'activity') run.event(scope, `Activity${how}`, [`activity${how}EventDetails`, told]);
  else run.event(scope, `Task${how}`, [`task${how}EventDetails`, { resourceType, resource, ...told }]);
  return new StateFailure(error, cause, 'task');
}

function nameOf(run: Run, scope: ScopeState): ResourceName {
  return resourceName(run.node(scope).fields.Resource as string);
}
