import { type AwsOutcome, type AwsPlace, callAws, resourceFault } from './call-aws.ts';
import type { JsonValue } from './members.ts';

/**
 * A resource of Kintsugi alone: an action of any service in any region, by its Arguments {Region, Service, Action,
 * Parameters}. The `aws-sdk` tasks of Step Functions stay in the region of their state machine.
 */
export const ANY_REGION_RESOURCE = 'arn:aws:states:::kintsugi:aws-sdk';

export interface AwsTask {
  /** `arn:aws:states:::aws-sdk:ec2:runInstances`, or ANY_REGION_RESOURCE. */
  readonly resource: string;
  /** JSON text of the task's input. */
  readonly input: string;
  /** Of the state machine. */
  readonly region: string;
  /** Where the calls of a service go in a region. */
  readonly placeOf: (region: string, service: string) => AwsPlace;
  /** Of the task, whatever the attempt: asked twice, it is done once where the action can tell. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

interface Meant {
  readonly region: string;
  readonly service: string;
  readonly action: string;
  readonly parameters: JsonValue;
}

const REGION = /^[a-z]{2}(?:-[a-z]{2,10}){1,3}-\d{1,2}$/;
const SDK = /^arn:[^:]+:states:::aws-sdk:([a-z0-9]{1,60}):([A-Za-z0-9]{1,100})$/;
const MEMBERS = ['Region', 'Service', 'Action', 'Parameters'];

/** Null for a resource that is no action of AWS. Never throws: what goes wrong has a name that a state machine can catch. */
export async function runAwsTask({ resource, input, region, placeOf, ...call }: AwsTask): Promise<AwsOutcome | null> {
  const named = SDK.exec(resource);
  if (named === null && resource !== ANY_REGION_RESOURCE) return null;
  const parameters = JSON.parse(input) as JsonValue;
  const meant =
    named === null ? anyRegion(parameters) : { region, service: named[1] ?? '', action: named[2] ?? '', parameters };
  if (typeof meant === 'string') return { ok: false, error: 'States.Runtime', cause: meant };
  const { service, action } = meant;
  return callAws({
    ...call,
    service,
    action,
    parameters: meant.parameters,
    place: placeOf(meant.region, service),
  });
}

/** Why a task of this resource would fail: a service or action that is not known, a client that is not installed. */
export async function resourceWarning(resource: string): Promise<string | null> {
  const [, service, action] = SDK.exec(resource) ?? [];
  return service === undefined || action === undefined ? null : resourceFault(service, action);
}

/** A text tells what is wrong. */
function anyRegion(given: JsonValue): Meant | string {
  const wrong = `The arguments of ${ANY_REGION_RESOURCE} cannot be used: `;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return `${wrong}they must be an object.`;
  const members = given as Readonly<Record<string, JsonValue>>;
  const unknown = Object.keys(members).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) return `${wrong}the field '${unknown.slice(0, 100)}' is not supported.`;
  const { Region, Service, Action, Parameters } = members;
  if (typeof Region !== 'string' || !REGION.test(Region)) return `${wrong}Region must be the name of a region.`;
  if (typeof Service !== 'string' || typeof Action !== 'string') return `${wrong}Service and Action must be strings.`;
  return { region: Region, service: Service, action: Action, parameters: Parameters ?? {} };
}
