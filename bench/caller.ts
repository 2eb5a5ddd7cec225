import { Agent, request } from 'node:http';
import { sign } from '../test/sign.ts';
import type { BenchServer } from './servers.ts';

export interface CallAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read member by member
  readonly json: any;
}

/** A request that is signed already: what is measured is the server, not the client. */
export interface ReadyCall {
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface Caller {
  ready(operation: string, input: object): ReadyCall;
  send(call: ReadyCall): Promise<CallAnswer>;
  call(operation: string, input: object): Promise<CallAnswer>;
  close(): void;
}

/** A client that keeps its connections, as SDKs do; every call carries a signature of version 4 of its own. */
export function callerOf({ url, credentials }: Pick<BenchServer, 'url' | 'credentials'>): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const { host, hostname, port } = new URL(url);
  const caller: Caller = {
    ready(operation, input) {
      const body = JSON.stringify(input);
      const headers = { host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AmazonSSM.${operation}` };
      const place = { service: 'ssm', region: 'us-east-1', now: new Date() };
      const signed = sign({ method: 'POST', url: '/', headers, body }, credentials, place);
      return { headers: { ...signed, 'content-length': String(Buffer.byteLength(body)) }, body };
    },
    send: ({ headers, body }) =>
      new Promise((resolve, reject) => {
        const sent = request({ agent, hostname, port, method: 'POST', path: '/', headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const status = response.statusCode ?? 0;
            resolve({ status, json: text.startsWith('{') ? JSON.parse(text) : {} });
          });
        });
        sent.on('error', reject);
        sent.end(body);
      }),
    call: (operation, input) => caller.send(caller.ready(operation, input)),
    close: () => agent.destroy(),
  };
  return caller;
}

/** Calls a second with `concurrency` of them under way at a time. Every answer has to be a good one. */
export async function rate(caller: Caller, calls: readonly ReadyCall[], concurrency: number): Promise<number> {
  let next = 0;
  const start = performance.now();
  const worker = async () => {
    for (let call = calls[next++]; call !== undefined; call = calls[next++]) {
      const { status, json } = await caller.send(call);
      if (status !== 200) throw new Error(`${call.headers['x-amz-target']}: ${status} ${JSON.stringify(json)}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (calls.length * 1000) / (performance.now() - start);
}
