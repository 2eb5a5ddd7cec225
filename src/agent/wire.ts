import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Endpoint } from './endpoint.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export type Service = 'ssm' | 'ec2messages';

/** The prefix of `X-Amz-Target` of each service. */
export const TARGETS: Readonly<Record<Service, string>> = {
  ssm: 'AmazonSSM',
  ec2messages: 'EC2WindowsMessageDeliveryService',
};

/** The server answered with an error of its own; where no answer came, Node's own error stands. */
export class ServiceError extends Error {
  /** Such as `ExpiredTokenException`; `HTTP 502` where the answer was none of the API's. */
  readonly code: string;
  readonly status: number;
  /** The server's clock when it answered. */
  readonly serverTime: Date | null;

  constructor(code: string, message: string, status: number, serverTime: Date | null) {
    super(message === '' ? code : `${code}: ${message}`);
    this.name = 'ServiceError';
    this.code = code;
    this.status = status;
    this.serverTime = serverTime;
  }
}

export interface SendOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The largest message that the API has is a document of some megabytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Sends a signed POST and answers its JSON. Errors: ServiceError, and those of the connection. */
export async function send(
  endpoint: Endpoint,
  headers: Readonly<Record<string, string>>,
  body: string,
  options: SendOptions,
): Promise<JsonObject> {
  const { status, text, date } = await post(endpoint, headers, body, options);
  const answer = parseObject(text);
  if (status === 200 && answer !== null) return answer;
  const type = typeof answer?.__type === 'string' ? answer.__type : `HTTP ${status}`;
  const message = answer?.message ?? answer?.Message;
  const serverTime = date === undefined || Number.isNaN(Date.parse(date)) ? null : new Date(date);
  const code = type.slice(type.lastIndexOf('#') + 1).slice(0, 200);
  throw new ServiceError(code, typeof message === 'string' ? message.slice(0, 2000) : '', status, serverTime);
}

function post(
  { url, ca }: Endpoint,
  headers: Readonly<Record<string, string>>,
  body: string,
  { timeoutMs, signal }: SendOptions,
): Promise<{ readonly status: number; readonly text: string; readonly date: string | undefined }> {
  const limit = AbortSignal.timeout(timeoutMs);
  const options = {
    method: 'POST',
    path: '/',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
  };
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === 'https:'
        ? requestHttps(url, ca === null ? options : { ...options, ca })
        : requestHttp(url, options);
    request.on('error', reject);
    request.on('response', (response) => {
      const pieces: Buffer[] = [];
      let size = 0;
      response.on('data', (piece: Buffer) => {
        size += piece.length;
        if (size > MOST_BYTES) request.destroy(new Error(`${url.origin} answered more than ${MOST_BYTES} bytes`));
        else pieces.push(piece);
      });
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8');
        resolve({ status: response.statusCode ?? 0, text, date: response.headers.date });
      });
    });
    request.end(body);
  });
}

/** The object that `text` is in JSON; null for anything else. */
export function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
