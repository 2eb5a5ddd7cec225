import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { shownUrl } from './allowed-endpoints.ts';
import type { HttpRequest } from './read-task.ts';
import { headersOfOurs } from './request-headers.ts';
import { TaskFailure, tooLarge } from './task-failure.ts';

/** An answer as it came, whole. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly statusText: string;
  /** In pairs, as they came. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

export interface SendOptions {
  readonly region: string;
  /** For all of it: AWS's own bound is a minute. */
  readonly timeoutMs: number;
  /** PEM of a certificate authority beside the ones that Node knows. */
  readonly ca?: string;
  /** Of the task, whatever the attempt: sent as Idempotency-Key with what is not idempotent by itself. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

/** Bytes of an answer's body, as of every payload. */
export const MOST_ANSWER = 262_144;

/**
 * Sends a request and reads its answer, within bounds of time and size. No redirect is followed and no proxy asked: what
 * was allowed is what is called. Throws States.Http.Socket where there is no whole answer, States.DataLimitExceeded.
 */
export async function send(request: HttpRequest, options: SendOptions): Promise<HttpAnswer> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, deadline]);
  try {
    const answer = await ask(request, options, signal);
    try {
      return { ...headOf(answer), body: await bodyOf(answer) };
    } finally {
      answer.destroy();
    }
  } catch (error) {
    if (error instanceof TaskFailure) throw error;
    const why = deadline.aborted ? `there was no whole answer in ${options.timeoutMs / 1000} s` : reasonOf(error);
    throw new TaskFailure('States.Http.Socket', `${shownUrl(request.url)}: ${why.slice(0, 300)}.`);
  }
}

/** Of several addresses that were tried in vain Node has no text, only a code. */
function reasonOf(error: unknown): string {
  const { message, code = 'no answer' } = error as NodeJS.ErrnoException;
  return message || code;
}

/** What goes over the wire beside what the task and its connection say. */
export function wholeHeaders(
  request: HttpRequest,
  { region, idempotencyKey }: Pick<SendOptions, 'region' | 'idempotencyKey'>,
) {
  const own = [...request.headers.values()].map(({ name, values }) => [name, values] as const);
  const isRepeatable = request.method !== 'POST' && request.method !== 'PATCH';
  const key =
    isRepeatable || request.headers.has('idempotency-key') ? [] : [['Idempotency-Key', [idempotencyKey]] as const];
  const ours = Object.entries(headersOfOurs(region)).map(([name, value]) => [name, [value]] as const);
  return [...own, ...key, ...ours];
}

function ask(request: HttpRequest, options: SendOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const { url, method, body } = request;
  const length = body === null ? [] : [['Content-Length', [String(Buffer.byteLength(body))]] as const];
  const headers = Object.fromEntries(
    [...wholeHeaders(request, options), ...length].map(([name, values]) => [
      name,
      values.length === 1 ? values[0] : [...values],
    ]),
  );
  const how: RequestOptions = {
    method,
    headers: { 'Accept-Encoding': 'identity', ...headers } as Record<string, string | string[]>,
    agent: false,
    signal,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  return new Promise((resolve, reject) => {
    const asking = url.protocol === 'https:' ? httpsRequest(url, how) : httpRequest(url, how);
    asking.once('response', resolve);
    // Stays: a connection that breaks while the body comes tells it here as well.
    asking.on('error', reject);
    asking.end(body ?? undefined);
  });
}

function headOf({ statusCode = 0, statusMessage = '', rawHeaders }: IncomingMessage): Omit<HttpAnswer, 'body'> {
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  return { statusCode, statusText: statusMessage, headers };
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
