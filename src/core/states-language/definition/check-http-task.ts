import { isExpression, type Tell } from './check-value.ts';
import { HTTP_FIELDS, HTTP_METHODS, isForbiddenHeader } from './http-task-fields.ts';
import { isObject } from './parse.ts';
import type { JsonObject, QueryLanguage } from './types.ts';

const RESOURCE = /^arn:aws[a-z-]*:states:::http:(.*)$/;
const EVENTS = /^arn:[^:]+:events:/;

/** What can be told of an HTTP task before it runs; values that come from its input are judged then. */
export function checkHttpTask(state: JsonObject, language: QueryLanguage, at: string, tell: Tell): void {
  const action = typeof state.Resource === 'string' ? RESOURCE.exec(state.Resource)?.[1] : undefined;
  if (action === undefined) return;
  if (action !== 'invoke') {
    tell.schema(
      `${at}/Resource`,
      `The resource provided ${state.Resource} is not recognized: HTTP tasks are http:invoke`,
    );
    return;
  }
  const field = language === 'JSONata' ? 'Arguments' : 'Parameters';
  const given = state[field];
  // The state's input as a whole, or an expression.
  if (given === undefined || !isObject(given)) return;
  checkFields(given, language, `${at}/${field}`, tell);
}

function checkFields(given: JsonObject, language: QueryLanguage, at: string, tell: Tell): void {
  const names = Object.keys(given).map((key) => ({ key, name: bare(key, language) }));
  for (const { key, name } of names) {
    if (!(HTTP_FIELDS as readonly string[]).includes(name))
      tell.schema(`${at}/${key}`, `The field '${name}' is not supported by Step Functions`);
  }
  const has = (field: string): boolean => names.some(({ name }) => name === field);
  const missing = ['ApiEndpoint', 'Method'].filter((field) => !has(field));
  if (missing.length > 0) tell.schema(at, `These fields are required: [${missing.join(', ')}]`);
  if (has('Authentication') && has('InvocationConfig'))
    tell.schema(at, 'Only one of these fields is allowed: [Authentication, InvocationConfig]');
  checkValues(given, at, tell);
  for (const name of ['Authentication', 'InvocationConfig']) checkConnection(given[name], `${at}/${name}`, tell);
}

function checkValues(
  { ApiEndpoint: endpoint, Method: method, Headers: headers }: JsonObject,
  at: string,
  tell: Tell,
): void {
  if (typeof endpoint === 'string' && !isExpression(endpoint) && !/^https?:\/\/[^/]/i.test(endpoint))
    tell.schema(`${at}/ApiEndpoint`, 'ApiEndpoint must be a URL of http or https');
  if (typeof method === 'string' && !isExpression(method) && !(HTTP_METHODS as readonly string[]).includes(method))
    tell.schema(`${at}/Method`, `Value must be one of: ${HTTP_METHODS.join(', ')}`);
  if (!isObject(headers)) return;
  for (const name of Object.keys(headers).map((key) => key.replace(/\.\$$/, ''))) {
    if (isForbiddenHeader(name))
      tell.schema(`${at}/Headers/${name}`, `The header '${name}' cannot be set in an HTTP task`);
  }
}

function checkConnection(config: JsonObject[string] | undefined, at: string, tell: Tell): void {
  if (!isObject(config) || typeof config.ConnectionArn !== 'string' || !EVENTS.test(config.ConnectionArn)) return;
  const how = 'keep its AuthParameters in a SecureString parameter and give the ARN of that';
  tell.warn(
    `${at}/ConnectionArn`,
    'NO_EVENTBRIDGE_CONNECTION',
    `This server has no connections of EventBridge: ${how}`,
  );
}

function bare(key: string, language: QueryLanguage): string {
  return language === 'JSONPath' ? key.replace(/\.\$$/, '') : key;
}
