import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type SignedRequest, verifyKeys, verifyNodeKey } from './signatures.ts';

type Json = Record<string, unknown>;

export interface ServiceCall {
  readonly operation: string;
  readonly body: Json;
}

/** The payload of a SendReply, as far as tests look into it. */
export interface StepReply {
  readonly status: string;
  readonly code: number;
  readonly output: string;
  readonly standardOutput: string;
  readonly standardError: string;
  readonly startDateTime: string;
}
export interface NodeReply {
  readonly documentStatus: string;
  readonly documentTraceOutput: string;
  readonly runtimeStatus: Readonly<Record<string, StepReply>> | null;
  readonly additionalInfo: { readonly runtimeStatusCounts: Readonly<Record<string, number>> };
}

interface Held {
  readonly response: ServerResponse;
  readonly timer: NodeJS.Timeout;
}

const FINAL = new Set(['Success', 'Failed', 'Cancelled', 'TimedOut']);
const HOLD_MS = 15_000;

/**
 * The smallest server that a managed node can have: registration, temporary keys and the message delivery service, for
 * one node, in memory. It verifies every signature by itself, and notes what is wrong with a call in `faults`.
 */
export class MessageService {
  readonly activation = { id: randomUUID(), code: randomBytes(15).toString('base64') };
  readonly calls: ServiceCall[] = [];
  readonly faults: string[] = [];
  /** Answers instead of the service, for tests of failures; undefined leaves it to the service. */
  interfere: ((call: ServiceCall) => { status: number; body: Json } | 'hang up' | undefined) | null = null;
  askForNewKey = false;
  clockOffsetMs = 0;
  instanceId = '';
  publicKey = '';
  #keys: { id: string; secret: string; token: string } | null = null;
  #expired = new Set<string>();
  #queue: Json[] = [];
  #sent = new Map<string, Json>();
  #held: Held[] = [];
  #watchers = new Set<() => void>();
  #server: Server | null = null;
  #port = 0;

  static async start(): Promise<MessageService> {
    const service = new MessageService();
    await service.up();
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async up(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async down(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    for (const { timer } of this.#held.splice(0)) clearTimeout(timer);
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** Queues a document; answers the id of its message. */
  command(mainSteps: readonly Json[], more: { parameters?: Json; declared?: Json; payload?: string } = {}): string {
    const commandId = randomUUID();
    const messageId = `aws.ssm.${commandId}.${this.instanceId}`;
    const DocumentContent = { schemaVersion: '2.2', parameters: more.declared ?? {}, mainSteps };
    const payload = { Parameters: more.parameters ?? {}, DocumentContent, CommandId: commandId, DocumentName: 'test' };
    this.queue('aws.ssm.sendCommand.us-east-1.1', messageId, more.payload ?? JSON.stringify(payload));
    return messageId;
  }

  cancel(messageId: string): string {
    const own = randomUUID();
    this.queue('aws.ssm.cancelCommand.us-east-1.1', own, JSON.stringify({ CancelMessageId: messageId }));
    return own;
  }

  queue(Topic: string, MessageId: string, Payload: string): void {
    const CreatedDate = new Date().toISOString();
    const message = { CreatedDate, Destination: this.instanceId, MessageId, Payload, PayloadDigest: '', Topic };
    this.#sent.set(MessageId, message);
    this.#queue.push(message);
    this.#answerHeld();
  }

  redeliver(messageId: string): void {
    this.#queue.push(this.#sent.get(messageId) ?? {});
    this.#answerHeld();
  }

  expireKeys(): void {
    if (this.#keys !== null) this.#expired.add(this.#keys.id);
    this.#keys = null;
  }

  /** Everything that was said about a message so far, in order. */
  replies(messageId: string): NodeReply[] {
    const about = this.calls.filter(({ operation, body }) => operation === 'SendReply' && body.MessageId === messageId);
    return about.map(({ body }) => JSON.parse(String(body.Payload)) as NodeReply);
  }

  /** The last reply about each step. */
  steps(messageId: string): Record<string, StepReply> {
    return Object.assign({}, ...this.replies(messageId).map(({ runtimeStatus }) => runtimeStatus ?? {}));
  }

  async final(messageId: string): Promise<NodeReply> {
    const found = () => this.replies(messageId).find(({ documentStatus }) => FINAL.has(documentStatus));
    await this.until(() => found() !== undefined);
    return found() as NodeReply;
  }

  /** Resolves as soon as `holds` does, looked at after every call that was answered. */
  async until(holds: () => boolean): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece as Buffer);
    } catch {
      return;
    }
    const text = Buffer.concat(pieces).toString('utf8');
    const target = String(request.headers['x-amz-target']);
    const call = { operation: target.slice(target.indexOf('.') + 1), body: JSON.parse(text) as Json };
    const denied = this.#verify(call, { headers: request.headers, body: text });
    const answer = denied ?? this.interfere?.(call) ?? this.#answer(call);
    if (answer === 'hang up') {
      response.destroy();
    } else if (answer === 'hold') {
      this.#hold(response);
    } else {
      this.#write(response, answer);
    }
    if (denied === null) this.calls.push(call);
    for (const look of [...this.#watchers]) look();
  }

  #write(response: ServerResponse, { status, body }: { status: number; body: Json }): void {
    response.setHeader('date', this.#now().toUTCString());
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(body));
  }

  #verify({ operation }: ServiceCall, request: SignedRequest): { status: number; body: Json } | null {
    if (operation === 'RegisterManagedInstance') return null;
    const isByNode = ['RequestManagedInstanceRoleToken', 'UpdateManagedInstancePublicKey'].includes(operation);
    const id = /Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (this.#expired.has(id)) return refusal('ExpiredTokenException', 'The security token is expired');
    const problem = isByNode
      ? verifyNodeKey(request, this.instanceId, this.publicKey, this.#now())
      : verifyKeys(request, this.#keys, this.#now());
    if (problem === null) return null;
    this.faults.push(`${operation}: ${problem}`);
    return refusal('InvalidSignatureException', problem);
  }

  #answer({ operation, body }: ServiceCall): { status: number; body: Json } | 'hold' {
    switch (operation) {
      case 'RegisterManagedInstance':
        return this.#register(body);
      case 'RequestManagedInstanceRoleToken':
        return { status: 200, body: this.#lend() };
      case 'UpdateManagedInstancePublicKey':
        this.publicKey = String(body.NewPublicKey);
        return { status: 200, body: {} };
      case 'GetMessages':
        return this.#queue.length === 0 ? 'hold' : { status: 200, body: this.#messages() };
      default:
        return { status: 200, body: {} };
    }
  }

  #register(body: Json): { status: number; body: Json } {
    const { id, code } = this.activation;
    if (body.ActivationId !== id || body.ActivationCode !== code) return refusal('InvalidActivation', 'no such thing');
    this.instanceId = `mi-${randomBytes(9).toString('hex').slice(0, 17)}`;
    this.publicKey = String(body.PublicKey);
    return { status: 200, body: { InstanceId: this.instanceId } };
  }

  #lend(): Json {
    this.#keys ??= {
      id: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secret: randomBytes(30).toString('base64'),
      token: randomBytes(60).toString('base64'),
    };
    const { id, secret, token } = this.#keys;
    const TokenExpirationDate = this.#now().getTime() / 1000 + 3600;
    const lent = { AccessKeyId: id, SecretAccessKey: secret, SessionToken: token, TokenExpirationDate };
    return { ...lent, UpdateKeyPair: this.askForNewKey };
  }

  #messages(): Json {
    return { Destination: this.instanceId, MessagesRequestId: randomUUID(), Messages: this.#queue.splice(0) };
  }

  #hold(response: ServerResponse): void {
    const answer = () => this.#write(response, { status: 200, body: this.#messages() });
    const held = { response, timer: setTimeout(answer, HOLD_MS) };
    this.#held.push(held);
    response.on('close', () => {
      clearTimeout(held.timer);
      this.#held = this.#held.filter((one) => one !== held);
    });
  }

  #answerHeld(): void {
    const held = this.#held.shift();
    if (held === undefined) return;
    clearTimeout(held.timer);
    this.#write(held.response, { status: 200, body: this.#messages() });
  }

  #now(): Date {
    return new Date(Date.now() + this.clockOffsetMs);
  }
}

function refusal(type: string, message: string): { status: number; body: Json } {
  return { status: 400, body: { __type: type, message } };
}
