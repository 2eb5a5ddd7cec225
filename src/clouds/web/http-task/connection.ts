import * as z from 'zod';
import { TaskFailure } from './task-failure.ts';

const parameters = z.array(
  z.strictObject({ Key: z.string().min(1), Value: z.string(), IsValueSecret: z.boolean().optional() }),
);

/** EventBridge's own words for the credentials of a connection, so that the same JSON serves both. */
const authParameters = z
  .strictObject({
    ApiKeyAuthParameters: z.strictObject({ ApiKeyName: z.string().min(1), ApiKeyValue: z.string().min(1) }).optional(),
    BasicAuthParameters: z.strictObject({ Username: z.string().min(1), Password: z.string() }).optional(),
    InvocationHttpParameters: z
      .strictObject({
        HeaderParameters: parameters.optional(),
        QueryStringParameters: parameters.optional(),
        BodyParameters: parameters.optional(),
      })
      .optional(),
  })
  .refine((one) => one.ApiKeyAuthParameters === undefined || one.BasicAuthParameters === undefined, {
    message: 'it has both ApiKeyAuthParameters and BasicAuthParameters',
  });

/** What a connection adds to a request. All of it is secret. */
export interface Connection {
  readonly headers: readonly (readonly [string, string])[];
  readonly query: readonly (readonly [string, string])[];
  readonly body: readonly (readonly [string, string])[];
}

export const NO_CONNECTION: Connection = { headers: [], query: [], body: [] };

/**
 * Reads the text of a connection: AuthParameters of EventBridge's CreateConnection as JSON. Throws by the name that
 * Step Functions has for a connection that cannot be used, and shows nothing of the text.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnectionAuthRequestParameters.html
 */
export function readConnection(text: string, arn: string): Connection {
  const read = authParameters.safeParse(jsonOf(text));
  if (!read.success) {
    const [issue] = read.error.issues;
    const place = issue === undefined || issue.path.length === 0 ? 'its JSON' : issue.path.join('.').slice(0, 200);
    const what =
      'AuthParameters of EventBridge as JSON, with ApiKeyAuthParameters, BasicAuthParameters or InvocationHttpParameters';
    throw invalidConnection(`The parameter ${arn} does not hold ${what}: look at ${place}.`);
  }
  const { ApiKeyAuthParameters: apiKey, BasicAuthParameters: basic, InvocationHttpParameters: more } = read.data;
  const pairs = (list: z.infer<typeof parameters> = []) => list.map(({ Key, Value }) => [Key, Value] as const);
  const headers = [...pairs(more?.HeaderParameters)];
  if (apiKey !== undefined) headers.push([apiKey.ApiKeyName, apiKey.ApiKeyValue]);
  if (basic !== undefined) {
    const word = Buffer.from(`${basic.Username}:${basic.Password}`, 'utf8').toString('base64');
    headers.push(['Authorization', `Basic ${word}`]);
  }
  return { headers, query: pairs(more?.QueryStringParameters), body: pairs(more?.BodyParameters) };
}

export function invalidConnection(cause: string): TaskFailure {
  return new TaskFailure('Events.ConnectionResource.InvalidConnectionState', cause);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The texts of a connection that an answer must not bring back into a history, longest first. */
export function secretsOf({ headers, query, body }: Connection): string[] {
  const values = [...headers, ...query, ...body].flatMap(([, value]) => {
    const forms = [value, value.replace(/^\S+\s+/, '')];
    return forms.flatMap((form) => [form, encodeURIComponent(form.toWellFormed()), JSON.stringify(form).slice(1, -1)]);
  });
  return [...new Set(values)].filter((value) => value.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length);
}

/** Shorter ones would strike out words that are no secret. */
const SHORTEST_SECRET = 6;
