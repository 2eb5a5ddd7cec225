import type { FastifyInstance } from 'fastify';

/** Something that is fetched without a signature: what it shows is public, or its path is the secret. */
export interface Page {
  readonly method: 'GET' | 'POST';
  /** `/snapshots/:token`: parts after a colon are given to `answer`. */
  readonly path: string;
  readonly answer: (parts: Readonly<Record<string, string>>, now: Date) => Promise<PageAnswer>;
}

export interface PageAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export function servePages(app: FastifyInstance, pages: readonly Page[], now: () => Date): void {
  for (const { method, path, answer } of pages) {
    app.route({
      method,
      url: path,
      handler: async (request, reply) => {
        // What comes along is of no interest; left unread it would block the connection.
        request.raw.resume();
        const { status, contentType, body } = await answer(request.params as Record<string, string>, now());
        return reply.code(status).type(contentType).send(body);
      },
    });
  }
}
