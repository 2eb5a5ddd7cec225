import { type Connection, secretsOf } from './connection.ts';
import { STRUCK, struck, textOf } from './read-answer.ts';
import type { HttpRequest } from './read-task.ts';
import { type HttpAnswer, wholeHeaders } from './send.ts';

/** A request and its answer in the words of TestState's inspectionData. */
export interface Exchange {
  readonly request: {
    readonly protocol: string;
    readonly method: string;
    readonly url: string;
    readonly headers: string;
    readonly body?: string;
  };
  readonly response?: {
    readonly protocol: string;
    readonly statusCode: string;
    readonly statusMessage: string;
    readonly headers: string;
    readonly body: string;
  };
}

interface Shown {
  readonly region: string;
  readonly idempotencyKey: string;
  readonly connection: Connection;
  readonly isRevealed: boolean;
}

/** Without `isRevealed` everything that the connection has added is struck out, and wherever the answer repeats it. */
export function exchangeOf(request: HttpRequest, answer: HttpAnswer | null, shown: Shown): Exchange {
  const { connection, isRevealed } = shown;
  const secrets = isRevealed ? [] : secretsOf(connection);
  const protocol = request.url.protocol.slice(0, -1);
  const hidden = new Set(isRevealed ? [] : connection.headers.map(([name]) => name.toLowerCase()));
  const headers = wholeHeaders(request, shown).map(
    ([name, values]) => `${name}: ${hidden.has(name.toLowerCase()) ? STRUCK : values.join(', ')}`,
  );
  const sent = {
    protocol,
    method: request.method,
    url: struck(urlWithout(request.url, isRevealed ? [] : connection.query), secrets),
    headers: `[${headers.join(', ')}]`,
    ...(request.body === null ? {} : { body: isRevealed || connection.body.length === 0 ? request.body : STRUCK }),
  };
  if (answer === null) return { request: sent };
  const came = answer.headers.map(([name, value]) => `${name}: ${struck(value, secrets)}`);
  const response = {
    protocol,
    statusCode: String(answer.statusCode),
    statusMessage: answer.statusText,
    headers: `[${came.join(', ')}]`,
    body: struck(bodyText(answer), secrets),
  };
  return { request: sent, response };
}

function urlWithout(url: URL, secret: Connection['query']): string {
  if (secret.length === 0) return url.href;
  const shown = new URL(url.href);
  for (const [key] of secret) shown.searchParams.set(key, STRUCK);
  return shown.href;
}

function bodyText({ headers, body }: HttpAnswer): string {
  const typed = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  try {
    return textOf(body, typed);
  } catch {
    return `(${body.length} bytes that are no text)`;
  }
}
