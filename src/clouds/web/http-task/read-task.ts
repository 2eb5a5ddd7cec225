import * as z from 'zod';
import { HTTP_METHODS } from '../../../core/states-language/definition/http-task-fields.ts';
import { isDeeperThan, MOST_LEVELS } from '../../../core/states-language/expressions/outcome.ts';
import type { Json } from '../../../core/states-language/json.ts';
import type { Connection } from './connection.ts';
import { ARRAY_FORMATS, encoded, formEncoded } from './form-encoding.ts';
import { type Headers, setHeader } from './request-headers.ts';
import { tooLarge, unusable } from './task-failure.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const values = z.record(z.string(), z.union([scalar, z.array(scalar)]));
const connected = z.strictObject({ ConnectionArn: z.string() });

const taskArguments = z
  .strictObject({
    ApiEndpoint: z.string(),
    Method: z.enum(HTTP_METHODS),
    Headers: values.optional(),
    QueryParameters: z.union([values, z.string()]).optional(),
    RequestBody: z.unknown().optional(),
    Transform: z
      .strictObject({
        RequestBodyEncoding: z.enum(['NONE', 'URL_ENCODED']).optional(),
        RequestEncodingOptions: z.strictObject({ ArrayFormat: z.enum(ARRAY_FORMATS).optional() }).optional(),
      })
      .optional(),
    Authentication: connected.optional(),
    InvocationConfig: connected.optional(),
  })
  .refine((one) => one.Authentication === undefined || one.InvocationConfig === undefined, {
    message: 'only one of Authentication and InvocationConfig may be there',
  });

/** The arguments of `arn:aws:states:::http:invoke`. */
export type TaskArguments = z.infer<typeof taskArguments>;

export interface HttpRequest {
  readonly method: (typeof HTTP_METHODS)[number];
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string | null;
}

const MOST_BODY = 1024 * 1024;

/** Throws States.Runtime with the place of what is wrong. */
export function readArguments(input: unknown): TaskArguments {
  const read = taskArguments.safeParse(input);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : ` at '${issue.path.join('.').slice(0, 200)}'`;
  throw unusable(`The arguments of http:invoke cannot be used${place}: ${issue?.message.slice(0, 300) ?? 'none'}.`);
}

export function connectionArnOf({ Authentication, InvocationConfig }: TaskArguments): string | null {
  return (InvocationConfig ?? Authentication)?.ConnectionArn ?? null;
}

/**
 * The request of a task: `url` is its ApiEndpoint as it was judged. What the connection says goes over what the task
 * says. https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html#http-task-data-merge
 */
export function requestOf(task: TaskArguments, url: URL, connection: Connection): HttpRequest {
  const headers: Headers = new Map();
  for (const [name, value] of Object.entries(task.Headers ?? {})) setHeader(headers, name, texts(value));
  const body = bodyOf(task, connection);
  if (body !== null && !headers.has('content-type')) {
    const type = isForm(task) ? 'application/x-www-form-urlencoded' : 'application/json; charset=UTF-8';
    headers.set('content-type', { name: 'Content-Type', values: [type] });
  }
  for (const [name, value] of connection.headers) setHeader(headers, name, [value], true);
  return { method: task.Method, url: withQuery(url, task.QueryParameters ?? {}, connection), headers, body };
}

function isForm({ Transform }: TaskArguments): boolean {
  return Transform?.RequestBodyEncoding === 'URL_ENCODED';
}

function texts(value: string | number | boolean | readonly (string | number | boolean)[]): string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

function withQuery(url: URL, given: z.infer<typeof values> | string, { query }: Connection): URL {
  const ours = new Set(query.map(([key]) => key));
  const asked = typeof given === 'string' ? [...new URLSearchParams(given)] : Object.entries(given);
  const pairs = asked.flatMap(([key, value]) =>
    ours.has(key) ? [] : texts(value).map((text) => [key, text] as const),
  );
  const kept = url.search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && !ours.has(keyOf(pair)));
  const added = [...pairs, ...query].map(([key, value]) => `${encoded(key)}=${encoded(value)}`);
  const whole = new URL(url.href);
  whole.search = [...kept, ...added].join('&');
  whole.hash = '';
  return whole;
}

function keyOf(pair: string): string {
  return [...new URLSearchParams(pair).keys()][0] ?? '';
}

function bodyOf(task: TaskArguments, connection: Connection): string | null {
  const body = merged(task.RequestBody as Json | undefined, connection);
  if (body === undefined) return null;
  if (isDeeperThan(body, MOST_LEVELS)) throw unusable(`The RequestBody is nested deeper than ${MOST_LEVELS} levels.`);
  if (typeof body === 'string') return bounded(body);
  if (!isForm(task)) return bounded(JSON.stringify(body));
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw unusable('A RequestBody that is to be URL_ENCODED must be an object.');
  const { ArrayFormat = 'INDICES' } = task.Transform?.RequestEncodingOptions ?? {};
  return formEncoded(body as { readonly [key: string]: Json }, ArrayFormat);
}

function merged(body: Json | undefined, connection: Connection): Json | undefined {
  if (connection.body.length === 0) return body;
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body)))
    throw unusable('The connection has BodyParameters, so the RequestBody must be an object.');
  return Object.fromEntries([...Object.entries(body ?? {}), ...connection.body]);
}

function bounded(body: string): string {
  if (Buffer.byteLength(body) > MOST_BODY) throw tooLarge();
  return body;
}
