import type { IncomingMessage } from 'node:http';
import { AwsError } from '../core/aws-error.ts';

/**
 * The body of a request, at most `limit` bytes. A longer one is refused by its Content-Length before a byte is read,
 * or as soon as it goes beyond.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  if (request.destroyed) throw gone();
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      request.off('data', take).off('end', end).off('error', fail).off('close', fail);
      act();
    };
    const take = (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) settle(() => reject(tooLarge(limit)));
      else chunks.push(chunk);
    };
    const end = () => settle(() => resolve(Buffer.concat(chunks)));
    const fail = () => settle(() => reject(gone()));
    request.on('data', take).on('end', end).on('error', fail).on('close', fail);
  });
}

/** Nobody reads this answer: the client has left. */
function gone(): AwsError {
  return new AwsError('RequestAbortedException', 'The connection ended before the body did.');
}

function tooLarge(limit: number): AwsError {
  return new AwsError('RequestEntityTooLargeException', `The request body may have at most ${limit} bytes.`, {
    status: 413,
  });
}
