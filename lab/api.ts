import { setTimeout as sleep } from 'node:timers/promises';
import { type Credentials, sign } from '../test/sign.ts';

/** Where a server is, and with whose key to call it. */
export interface ApiPlace {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** Absent: Systems Manager. */
  readonly service?: keyof typeof TARGETS;
}

const TARGETS = { ssm: 'AmazonSSM', states: 'AWSStepFunctions' } as const;

/** A call of the service by its operation's name, such as `CreateActivation`. Throws ApiError. */
// biome-ignore lint/suspicious/noExplicitAny: answers are read member by member.
export type Api = (operation: string, input: object) => Promise<any>;

/** What the server answered instead: AWS's code and words. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(operation: string, status: number, code: string, message: string) {
    super(`lab: ${operation}: ${code}${message === '' ? '' : `: ${message}`}`);
    this.code = code;
    this.status = status;
  }
}

const TIMEOUT_MS = 60_000;
const PAUSE_MS = 300;

/**
 * The lab's own client: it has what a lab needs, and works where the AWS CLI is not there. What changes something is
 * sent once; what only asks is asked again while the server is away, up to `patienceMs`.
 */
export function apiOf({ endpoint, region, credentials, service = 'ssm' }: ApiPlace, patienceMs = 0): Api {
  const once: Api = async (operation, input) => {
    const body = JSON.stringify(input);
    const target = `${TARGETS[service]}.${operation}`;
    const plain = {
      host: new URL(endpoint).host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
    };
    const outgoing = { method: 'POST', url: '/', headers: plain, body };
    const headers = sign(outgoing, credentials, { service, region, now: new Date() });
    const response = await fetch(endpoint, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const answer = JSON.parse((await response.text()) || '{}');
    if (response.ok) return answer;
    const code = String(answer.__type ?? response.status).replace(/^.*#/, '');
    throw new ApiError(operation, response.status, code, String(answer.message ?? answer.Message ?? ''));
  };
  return async (operation, input) => {
    const deadline = performance.now() + (/^(?:List|Describe|Get)/.test(operation) ? patienceMs : 0);
    for (;;) {
      try {
        return await once(operation, input);
      } catch (error) {
        const isFinal = error instanceof ApiError && error.status < 500;
        if (isFinal || performance.now() > deadline) throw error;
        await sleep(PAUSE_MS);
      }
    }
  };
}
