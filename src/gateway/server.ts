import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify';
import { fleetNumbers } from '../control/fleet-numbers.ts';
import { AwsError } from '../core/aws-error.ts';
import type { Database } from '../store/database.ts';
import { flushOf } from '../store/durable.ts';
import { type Answer, arrivalOf } from './arrival.ts';
import { createFleetMetrics } from './fleet-metrics.ts';
import { answerJson, type House } from './json-door.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { type Page, servePages } from './pages.ts';
import { answerSts } from './sts-door.ts';

export interface GatewayOptions extends Omit<House, 'bodyLimit' | 'account' | 'flush'> {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly account?: string;
  readonly bodyLimit?: number;
  /** PEM; without it the gateway speaks plain HTTP. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer };
  /** Structured lines, one for each request; no log without it. */
  readonly log?: { readonly level: string; readonly stream?: { write(line: string): void } };
  readonly pages?: readonly Page[];
  readonly now?: () => Date;
}

export interface Gateway {
  readonly url: string;
  /** Takes no new request, ends long polls, waits for the others. */
  close(): Promise<void>;
}

const BODY_LIMIT = 8 * 1024 * 1024;
const RECEIVE_MS = 120_000;
/** Longer than clients keep a connection, so that it is never ours that closes under a request. */
const KEEP_ALIVE_MS = 75_000;
/** After a refusal the rest of a body is read away for as long, so that the client sees the answer. */
const LINGER_MS = 2000;
const HEALTH_MS = 2000;

/** Opens the server's door: `POST /` for the AWS protocols, `GET /health`, `GET /metrics`. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { account = '000000000000', bodyLimit = BODY_LIMIT, now = () => new Date() } = options;
  const house: House = { ...options, account, bodyLimit, flush: flushOf(options.db) };
  const metrics = createMetrics();
  const open = new Set<AbortController>();
  const app = fastify({
    logger: options.log === undefined ? false : { ...options.log },
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (handler) => serverOf(options, handler),
  });
  // Bodies are read by the door itself, once it knows whose they are and how long they may be.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  // Fastify refuses media types that are none; AWS clients are told by the door itself. The raw headers stay as they are.
  app.addHook('onRequest', async ({ raw }) => {
    raw.headers['content-type'] = 'application/octet-stream';
  });
  app.post('/', (request, reply) => answerPost(house, metrics, request, reply, { now: now(), open }));
  app.get('/health', async (_request, reply) => {
    const isUp = await isAnswering(options.db);
    return reply.code(isUp ? 200 : 503).send({ status: isUp ? 'ok' : 'unavailable' });
  });
  const fleet = createFleetMetrics(
    () => fleetNumbers(options.db, now()),
    () => performance.now(),
  );
  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(metrics.text() + (await fleet())),
  );
  servePages(app, options.pages ?? [], now);
  refuseTheRest(app);
  await app.listen({ host: options.host, port: options.port });
  const { port } = app.server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    close: async () => {
      for (const controller of open) controller.abort();
      await app.close();
    },
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

function serverOf({ tls }: GatewayOptions, handler: Handler): http.Server {
  const settings = { requestTimeout: RECEIVE_MS, keepAliveTimeout: KEEP_ALIVE_MS };
  return tls === undefined
    ? http.createServer(settings, handler)
    : https.createServer({ ...settings, ...tls }, handler);
}

async function answerPost(
  house: House,
  metrics: Metrics,
  request: FastifyRequest,
  reply: FastifyReply,
  { now, open }: { now: Date; open: Set<AbortController> },
): Promise<FastifyReply> {
  const started = performance.now();
  const gone = new AbortController();
  open.add(gone);
  reply.raw.once('close', () => {
    open.delete(gone);
    gone.abort();
  });
  const arrival = arrivalOf(request.raw, now, gone.signal);
  const target = request.headers['x-amz-target'];
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(arrival.contentType);
  const isQuery = target === undefined && isForm;
  const answer = await (isQuery ? answerSts(house, arrival) : answerJson(house, arrival, String(target ?? '')));
  const seconds = (performance.now() - started) / 1000;
  metrics.observe({ ...answer, seconds });
  log(request, answer, { requestId: arrival.requestId, sourceIp: arrival.sourceIp, seconds });
  if (!request.raw.readableEnded) linger(request.raw, reply);
  return reply
    .code(answer.status)
    .header('x-amzn-RequestId', arrival.requestId)
    .header('content-type', answer.contentType)
    .send(Buffer.from(answer.body));
}

function log(request: FastifyRequest, answer: Answer, more: Record<string, unknown>): void {
  const { service, operation, code, status, accessKeyId = null, fault } = answer;
  const line = { ...more, service, operation, code, status, accessKeyId };
  if (fault === undefined) request.log.info(line, 'request');
  else request.log.error({ ...line, fault: faultText(fault) }, 'request failed');
}

/** A failed query's parameters are secrets at times: only what went wrong and where is kept, not with what. */
function faultText(fault: unknown): string {
  if (!(fault instanceof Error)) return 'not an error';
  const cause = fault.cause instanceof Error ? fault.cause : undefined;
  const shown = cause ?? fault;
  const code = (shown as { code?: unknown }).code;
  const place = (fault.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8);
  return [`${shown.name}${typeof code === 'string' ? ` ${code}` : ''}: ${shown.message}`, ...place].join('\n');
}

function linger(raw: IncomingMessage, reply: FastifyReply): void {
  reply.header('connection', 'close');
  raw.resume();
  const timer = setTimeout(() => raw.socket.destroy(), LINGER_MS);
  raw.socket.once('close', () => clearTimeout(timer));
}

async function isAnswering(db: Database): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), HEALTH_MS).unref());
  const answer = db.execute(sql`SELECT 1`).then(
    () => true,
    () => false,
  );
  return Promise.race([answer, late]);
}

function refuseTheRest(app: FastifyInstance): void {
  const refuse = (reply: FastifyReply, error: AwsError) =>
    reply
      .code(error.status)
      .type('application/x-amz-json-1.1')
      .send(JSON.stringify({ __type: error.code, message: error.message }));
  app.setNotFoundHandler((_request, reply) =>
    refuse(
      reply,
      new AwsError('UnknownOperationException', 'There is nothing here: AWS calls go to POST /.', { status: 404 }),
    ),
  );
  app.setErrorHandler((error, request, reply) => {
    const { statusCode = 500 } = error as { statusCode?: number };
    if (statusCode >= 400 && statusCode < 500) {
      return refuse(
        reply,
        new AwsError('SerializationException', 'The request could not be read.', { status: statusCode }),
      );
    }
    request.log.error({ fault: faultText(error) }, 'request failed');
    return refuse(reply, new AwsError('InternalServerError', 'An error occurred on the server side.', { status: 500 }));
  });
}
