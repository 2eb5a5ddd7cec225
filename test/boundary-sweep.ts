import type { Model } from '../src/gateway/model/model.ts';
import { declaredErrors } from './botocore.ts';
import { boundaryInputs, type KnownValues } from './boundary-inputs.ts';
import type { Reply, TestServer } from './server.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html, and what the protocol itself has. */
const COMMON = ['AccessDeniedException', 'InvalidNextToken', 'SerializationException', 'ValidationException'];

export interface Sweep {
  readonly service: string;
  /** By its name in botocore, whose errors are the ones that clients know. */
  readonly client: string;
  readonly model: Model;
  readonly known: KnownValues;
  /** Where AWS itself leaves its model. */
  readonly agreed: readonly RegExp[];
}

export interface Swept {
  readonly served: number;
  readonly calls: number;
  /** By the operation and what was special about its input. */
  readonly problems: Readonly<Record<string, string>>;
}

/** Calls every operation with inputs at the boundaries of its model, one boundary each. */
export async function sweep(server: TestServer, { service, client, model, known, agreed }: Sweep): Promise<Swept> {
  const declared = declaredErrors(client);
  const served: string[] = [];
  for (const operation of Object.keys(model.operations)) {
    const { json } = await server.call(service, operation, '{');
    if (json.__type !== 'UnknownOperationException') served.push(operation);
  }
  // What is needed by the others goes last.
  const isLast = (operation: string) => /^(?:Delete|Deregister)/.test(operation);
  const problems = new Map<string, string>();
  let calls = 0;
  for (const operation of [...served.filter((one) => !isLast(one)), ...served.filter(isLast)]) {
    for (const { input, what, expected } of boundaryInputs(model, operation, known)) {
      calls += 1;
      const problem = await server
        .call(service, operation, input)
        .then((reply) => problemOf(reply, expected, declared?.get(operation)), shapeProblem);
      const told = `${operation} ${what}`;
      if (problem !== null && !agreed.some((one) => one.test(told) || one.test(`${told} ${problem}`))) {
        problems.set(told, problem);
      }
    }
  }
  return { served: served.length, calls, problems: Object.fromEntries(problems) };
}

function problemOf(
  { status, json, text }: Reply,
  expected: string,
  declared: ReadonlySet<string> | undefined,
): string | null {
  const code: string = json.__type ?? 'ok';
  const words: string = json.message ?? json.Message ?? '';
  // Operations refuse more than the model does, and in other words.
  const isConstraint = /^\d+ validation errors? detected: .* constraint: (?:Member|Map) /.test(words);
  if (status >= 500) return `${status} ${text.slice(0, 300)}`;
  if (expected === 'constraint' && !isConstraint && code !== 'AccessDeniedException')
    return `${code} in place of a validation error`;
  if (expected === 'type' && code !== 'SerializationException' && code !== 'AccessDeniedException')
    return `${code} in place of SerializationException`;
  if (expected === 'kept' && (isConstraint || code === 'SerializationException'))
    return `refused: ${words.slice(0, 300)}`;
  const isKnown = code === 'ok' || COMMON.includes(code) || declared === undefined || declared.has(code);
  return isKnown ? null : `${code} is none of its errors: ${words.slice(0, 200)}`;
}

/** What the test server says of an answer that no client would understand. */
function shapeProblem(error: { actual?: unknown }): string {
  if (!Array.isArray(error.actual)) throw error;
  return error.actual.join(', ');
}
