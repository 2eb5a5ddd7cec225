import { authorize } from '../control/access-keys/authorize.ts';
import type { Principal } from '../control/call.ts';
import { AwsError } from '../core/aws-error.ts';
import type { Database } from '../store/database.ts';
import type { Flush } from '../store/durable.ts';
import type { Answer, Arrival } from './arrival.ts';
import { type Authenticated, authenticate, type Keys } from './authenticate.ts';
import { writeAnswer } from './json-answer.ts';
import { parseBody } from './json-body.ts';
import { readInput } from './model/validate.ts';
import { readBody } from './read-body.ts';
import { type Planned, recordFailure, runOperation } from './run-operation.ts';
import type { Service } from './service.ts';

/** What the doors share. */
export interface House {
  readonly db: Database;
  readonly flush: Flush;
  readonly services: readonly Service[];
  readonly keys: Keys;
  readonly region: string;
  /** The account of calls without a signature. */
  readonly account: string;
  /** Largest body in bytes, where a service says nothing else of an operation. */
  readonly bodyLimit: number;
}

/** A registration is a few hundred bytes; nobody unknown sends more. */
const ANONYMOUS_LIMIT = 65_536;

/** Answers a call of the protocols awsJson 1.0 and 1.1, which name their operation in X-Amz-Target. */
export async function answerJson(house: House, arrival: Arrival, target: string): Promise<Answer> {
  const [prefix = '', operation = ''] = target.split('.');
  const service = house.services.find(({ targetPrefix }) => targetPrefix === prefix);
  const isServed = service !== undefined && Object.hasOwn(service.operations, operation);
  const contentType = contentTypeOf(arrival, service);
  const named = isServed
    ? { service: service.name, operation }
    : { service: service?.name ?? 'unknown', operation: 'unknown' };
  let principal: Principal | undefined;
  try {
    if (!isServed)
      throw new AwsError('UnknownOperationException', `The operation '${printable(target)}' is not known here.`);
    const caller = await callerOf(house, arrival, service, operation);
    principal = caller.principal;
    const body = await perform(house, arrival, { service, name: operation }, caller);
    return { ...named, status: 200, contentType, body, code: 'ok', accessKeyId: principal.accessKeyId };
  } catch (error) {
    const { code, status } = error instanceof AwsError ? error : { code: 'InternalServerError', status: 500 };
    const answer = { ...named, status, contentType, body: errorBody(service, error), code };
    return {
      ...answer,
      accessKeyId: principal?.accessKeyId ?? null,
      ...(error instanceof AwsError ? {} : { fault: error }),
    };
  }
}

async function callerOf(house: House, arrival: Arrival, service: Service, operation: string): Promise<Authenticated> {
  if (!service.anonymous.has(operation)) {
    const limit = service.bodyLimits?.[operation] ?? house.bodyLimit;
    const expected = { service: service.name, now: arrival.now };
    return authenticate(house.keys, arrival.head, expected, () => readBody(arrival.raw, limit));
  }
  const { account } = house;
  const principal = { account, role: 'node', accessKeyId: null, instanceId: null, arn: 'anonymous' } as const;
  return { principal, body: await readBody(arrival.raw, ANONYMOUS_LIMIT) };
}

async function perform(
  house: House,
  arrival: Arrival,
  { service, name }: Pick<Planned, 'service' | 'name'>,
  { principal, body }: Authenticated,
): Promise<string> {
  const { db, flush, region } = house;
  const { requestId, sourceIp, now, signal } = arrival;
  const call = { account: principal.account, region, principal, requestId, sourceIp, now, db, signal };
  const planned = { service, name, call, flush };
  let input: Record<string, unknown> = {};
  try {
    const { model } = service;
    // A caller without the right learns nothing of what the operation would have said to the input.
    authorize(principal, { service: service.name, operation: name, region, input });
    const value = parseBody(body);
    input = service.readInput?.(name, value) ?? readInput(model, model.operations[name]?.input, value);
    authorize(principal, { service: service.name, operation: name, region, input });
    return writeAnswer(await runOperation(planned, input));
  } catch (error) {
    await recordFailure(planned, input, error);
    throw error;
  }
}

/** As AWS spells it: the text's member in the casing of the error's shape, further members beside it. */
function errorBody(service: Service | undefined, error: unknown): string {
  if (!(error instanceof AwsError)) {
    return JSON.stringify({ __type: 'InternalServerError', Message: 'An error occurred on the server side.' });
  }
  const member = service?.model.errors[error.code]?.message ?? 'message';
  return writeAnswer({ __type: error.code, [member]: error.message, ...error.fields });
}

function contentTypeOf(arrival: Arrival, service: Service | undefined): string {
  const version =
    /^application\/x-amz-json-(1\.[01])\b/.exec(arrival.contentType)?.[1] ?? service?.jsonVersion ?? '1.1';
  return `application/x-amz-json-${version}`;
}

function printable(text: string): string {
  return text.slice(0, 128).replace(/[^\x20-\x7e]/g, '?');
}
