import { runAwsTask } from '../clouds/aws/aws-task.ts';
import { openObjects } from '../clouds/aws/s3-objects.ts';
import type { HttpTaskOptions } from '../clouds/web/http-task/run-http-task.ts';
import { mapRunTaskRunner } from '../control/executions/map-runs/task-runner.ts';
import { nestedRunner } from '../control/executions/nested.ts';
import { type FindTaskRunner, TaskError, type TaskRunner } from '../control/executions/task-runner.ts';
import type { BakeNeeds } from '../control/images/flow/run-step.ts';
import type { Bell } from '../store/bell.ts';
import type { Database } from '../store/database.ts';
import { bakeTaskRunner } from './bake-tasks.ts';
import { httpTaskRunner } from './http-tasks.ts';
import { imageTaskRunner } from './image-tasks.ts';
import { ownTasks } from './own-task.ts';
import type { Service } from './service.ts';

const SDK = /^arn:aws[a-z-]*:states:::aws-sdk:([a-z0-9]{1,60}):([A-Za-z0-9]{1,100})$/;
const OWN_SERVICES = new Set(['ssm', 'sfn']);

interface TaskNeeds {
  readonly db: Database;
  readonly bell: Bell;
  readonly services: readonly Service[];
  readonly random: () => number;
  /** `aws-sdk:ssm` and `aws-sdk:sfn` are AWS's own, not this server's. */
  readonly ownServicesOnAws: boolean;
  /** Absent: this server bakes no images. */
  readonly bakes?: BakeNeeds;
  /** Absent: HTTP tasks may call nothing. */
  readonly http?: HttpTaskOptions | undefined;
}

const NO_HTTP: HttpTaskOptions = { allowed: [] };

/**
 * What the tasks of state machines reach: this server's own Systems Manager and Step Functions, AWS with the credentials
 * and endpoints of the server's environment (`AWS_PROFILE`, `AWS_ENDPOINT_URL_EC2`, …), HTTP endpoints that the operator
 * allows, and other executions.
 */
export function taskRunners({
  db,
  bell,
  services,
  random,
  ownServicesOnAws,
  bakes,
  http = NO_HTTP,
}: TaskNeeds): FindTaskRunner {
  const callOwn = ownTasks(db, services);
  const imageTask = imageTaskRunner(db, services);
  return (resource) => {
    const nested =
      nestedRunner({ db, bell, random }, resource) ??
      mapRunTaskRunner(db, objectsOf, resource) ??
      imageTask(resource) ??
      httpTaskRunner(http, callOwn, resource);
    if (nested !== null) return nested;
    const bake = bakes === undefined ? null : bakeTaskRunner(bakes, resource);
    if (bake !== null) return bake;
    const [, service = '', action = ''] = SDK.exec(resource) ?? [];
    if (OWN_SERVICES.has(service) && !ownServicesOnAws)
      return { run: (parameters, around) => callOwn({ service, action, parameters }, around) };
    return /^arn:aws[a-z-]*:states:::(?:aws-sdk:|kintsugi:aws-sdk$)/.test(resource) ? awsRunner(resource) : null;
  };
}

/** An S3 that is not Amazon's is named by its endpoint, and takes buckets in the path. */
function objectsOf(region: string) {
  return openObjects(region, { hasPaths: Boolean(process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL) });
}

function awsRunner(resource: string): TaskRunner {
  return {
    run: async (input, { region, idempotencyKey, signal }) => {
      const placeOf = (where: string) => ({ region: where });
      const asked = { resource, input: JSON.stringify(input ?? {}), region, placeOf, idempotencyKey, signal };
      const outcome = await runAwsTask(asked);
      if (outcome === null) throw new TaskError('States.Runtime', `The resource ${resource} is not known here.`);
      if (!outcome.ok) throw new TaskError(outcome.error, outcome.cause);
      return outcome.output;
    },
  };
}
