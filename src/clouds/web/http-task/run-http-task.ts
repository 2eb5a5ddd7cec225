import { createHash } from 'node:crypto';
import type { AllowedEndpoint } from './allowed-endpoints.ts';
import { judgeEndpoint } from './allowed-endpoints.ts';
import { type Connection, NO_CONNECTION, readConnection, secretsOf } from './connection.ts';
import { type Exchange, exchangeOf } from './exchange.ts';
import { type HttpOutput, outputOf } from './read-answer.ts';
import { connectionArnOf, readArguments, requestOf } from './read-task.ts';
import { type HttpAnswer, send } from './send.ts';
import { TaskFailure } from './task-failure.ts';

export const HTTP_RESOURCE = /^arn:aws[a-z-]*:states:::http:invoke$/;

export interface HttpTaskOptions {
  readonly allowed: readonly AllowedEndpoint[];
  /** PEM of a certificate authority beside the ones that Node knows. */
  readonly ca?: string;
  /** AWS's minute where absent. */
  readonly timeoutMs?: number;
}

export interface HttpTask extends HttpTaskOptions {
  readonly input: unknown;
  readonly region: string;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  /** The text that a ConnectionArn names. Throws TaskFailure. */
  readonly findConnection: (arn: string) => Promise<string>;
  /** Hears of the request and, where there was one, the answer, without secrets unless they are to be shown. */
  readonly inspect?: { readonly revealSecrets: boolean; tell(exchange: Exchange): void };
}

export type HttpOutcome =
  | { readonly ok: true; readonly output: HttpOutput }
  | { readonly ok: false; readonly error: string; readonly cause: string };

const TIMEOUT_MS = 60_000;

/**
 * An HTTP task, `arn:aws:states:::http:invoke`, from its arguments to its output. Never throws: what goes wrong has a
 * name that a state machine can catch. https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
 */
export async function runHttpTask(task: HttpTask): Promise<HttpOutcome> {
  try {
    return { ok: true, output: await outcome(task) };
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    return { ok: false, error: error.error, cause: error.message };
  }
}

async function outcome(task: HttpTask): Promise<HttpOutput> {
  const given = readArguments(task.input);
  const judged = judgeEndpoint(task.allowed, given.ApiEndpoint);
  // AWS's name for a role that may not call the endpoint.
  if (!judged.ok) throw new TaskFailure('States.Permissions', judged.why);
  const connection = await connectionOf(task, connectionArnOf(given));
  const request = requestOf(given, judged.url, connection);
  const { region, signal, ca, timeoutMs = TIMEOUT_MS } = task;
  const idempotencyKey = createHash('sha256').update(task.idempotencyKey).digest('hex').slice(0, 32);
  const how = { region, signal, timeoutMs, idempotencyKey, ...(ca === undefined ? {} : { ca }) };
  const secrets = secretsOf(connection);
  const tell = (answer: HttpAnswer | null): void => {
    const { inspect } = task;
    inspect?.tell(
      exchangeOf(request, answer, { region, idempotencyKey, connection, isRevealed: inspect.revealSecrets }),
    );
  };
  tell(null);
  const answer = await send(request, how);
  tell(answer);
  return outputOf(answer, request.url, secrets);
}

async function connectionOf({ findConnection }: HttpTask, arn: string | null): Promise<Connection> {
  return arn === null ? NO_CONNECTION : readConnection(await findConnection(arn), arn);
}
