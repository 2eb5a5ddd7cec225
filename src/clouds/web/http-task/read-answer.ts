import { STATUS_CODES } from 'node:http';
import { isDeeperThan, MOST_LEVELS } from '../../../core/states-language/expressions/outcome.ts';
import type { Json } from '../../../core/states-language/json.ts';
import { shownUrl } from './allowed-endpoints.ts';
import { type HttpAnswer, MOST_ANSWER } from './send.ts';
import { TaskFailure, tooLarge, unusable } from './task-failure.ts';

/** The output of an HTTP task. */
export type HttpOutput = {
  readonly Headers: { readonly [name: string]: readonly string[] };
  readonly ResponseBody: Json;
  readonly StatusCode: number;
  readonly StatusText: string;
};

const NO_TEXT = /^(?:application\/octet-stream|(?:image|video|audio)\/)/i;
const JSON_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?json\b/i;
export const STRUCK = '********';

/**
 * The answer as a state machine gets it; the secrets of the connection are struck out wherever the other side repeats
 * them. Throws `States.Http.StatusCode.NNN` for what is no success, with the words of the status alone, as AWS does, and
 * States.Runtime for an answer that is no text.
 */
export function outputOf(answer: HttpAnswer, asked: URL, secrets: readonly string[]): HttpOutput {
  const { statusCode, headers } = answer;
  const statusText = struck(answer.statusText, secrets) || (STATUS_CODES[statusCode] ?? '');
  const typed = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  if (statusCode < 200 || statusCode >= 300)
    throw new TaskFailure(`States.Http.StatusCode.${statusCode}`, `${statusText}${redirect(answer, asked)}`);
  if (NO_TEXT.test(typed)) throw unusable(`The answer is of the type ${typed.slice(0, 100)}, which is no text.`);
  const text = struck(textOf(answer.body, typed), secrets);
  const output = {
    Headers: grouped(headers, secrets),
    ResponseBody: typed === '' || JSON_TYPE.test(typed) ? jsonOr(text) : text,
    StatusCode: statusCode,
    StatusText: statusText,
  };
  if (Buffer.byteLength(JSON.stringify(output)) > MOST_ANSWER) throw tooLarge();
  return output;
}

/** Characters, by the charset of the content type where it is a known one. */
export function textOf(body: Buffer, contentType: string): string {
  const charset = /;\s*charset="?([\w-]{1,40})/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return decoderOf(charset).decode(body);
  } catch {
    throw unusable('The answer cannot be read as text.');
  }
}

function decoderOf(charset: string): Pick<InstanceType<typeof TextDecoder>, 'decode'> {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    return new TextDecoder('utf-8', { fatal: true });
  }
}

export function struck(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, STRUCK), text);
}

function grouped(headers: HttpAnswer['headers'], secrets: readonly string[]): Record<string, string[]> {
  const names = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    names.set(lower, [...(names.get(lower) ?? []), struck(value, secrets)]);
  }
  return Object.fromEntries(names);
}

/** A text that is no JSON after all, or is nested too deep to be passed on, stays a text. */
function jsonOr(text: string): Json {
  try {
    const value = JSON.parse(text) as Json;
    return isDeeperThan(value, MOST_LEVELS) ? text : value;
  } catch {
    return text;
  }
}

function redirect({ statusCode, headers }: HttpAnswer, asked: URL): string {
  const location = headers.find(([name]) => name.toLowerCase() === 'location')?.[1];
  if (statusCode < 300 || statusCode >= 400 || location === undefined) return '';
  const to = URL.canParse(location, asked.href) ? ` to ${shownUrl(new URL(location, asked))}` : '';
  return ` (a redirect${to}, which is not followed)`;
}
