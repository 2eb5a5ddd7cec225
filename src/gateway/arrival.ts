import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { headerValue, type SignedHead } from './sigv4/canonical.ts';

/** A request at the door. */
export interface Arrival {
  readonly raw: IncomingMessage;
  /** What a signature covers beside the body. */
  readonly head: SignedHead;
  /** As sent; the empty text without one. */
  readonly contentType: string;
  readonly requestId: string;
  readonly sourceIp: string;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** What goes back, with what the log and the metrics say of it. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly service: string;
  readonly operation: string;
  /** `ok`, or the error's code. */
  readonly code: string;
  readonly accessKeyId?: string | null;
  /** A fault of ours, for the log alone. */
  readonly fault?: unknown;
}

export function arrivalOf(raw: IncomingMessage, now: Date, signal: AbortSignal): Arrival {
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < raw.rawHeaders.length; index += 2) {
    headers.push([raw.rawHeaders[index] ?? '', raw.rawHeaders[index + 1] ?? '']);
  }
  const head = { method: raw.method ?? '', url: raw.url ?? '', headers };
  const contentType = headerValue(head, 'content-type') ?? '';
  const sourceIp = raw.socket.remoteAddress ?? '';
  return { raw, head, contentType, requestId: randomUUID(), sourceIp, now, signal };
}
