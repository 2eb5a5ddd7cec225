import { z } from 'zod';
import { KintsugiError } from '../../core/errors.ts';

const text = z.string();
const status = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);
/** Seconds since 1970. */
const moment = z.number();

const Machines = z.object({
  stateMachines: z.array(z.object({ name: text, stateMachineArn: text, type: text })),
  nextToken: text.optional(),
});

const Execution = z.object({
  executionArn: text,
  stateMachineArn: text,
  name: text,
  status,
  startDate: moment,
  stopDate: moment.optional(),
});
export type AnsweredExecution = z.infer<typeof Execution>;

const Described = Execution.extend({
  input: text.optional(),
  output: text.optional(),
  error: text.optional(),
  cause: text.optional(),
});
export type DescribedExecution = z.infer<typeof Described>;

const Executions = z.object({ executions: z.array(Execution), nextToken: text.optional() });

const Event = z.looseObject({ id: z.number(), previousEventId: z.number(), type: text, timestamp: moment });
export type AnsweredEvent = z.infer<typeof Event>;
const History = z.object({ events: z.array(Event), nextToken: text.optional() });

const Definition = z.object({ definition: text, stateMachineArn: text, name: text });

export const readMachines = (answer: unknown) => read(Machines, answer);
export const readExecutions = (answer: unknown) => read(Executions, answer);
export const readDescribed = (answer: unknown) => read(Described, answer);
export const readHistory = (answer: unknown) => read(History, answer);
export const readDefinition = (answer: unknown) => read(Definition, answer);

/** Throws ServerFault for what is of another form. */
export function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const { success, data } = schema.safeParse(answer);
  if (success) return data;
  throw new KintsugiError('ServerFault', 'The server answered in a form that this release does not know.', {
    advice: 'Run the same release here and on the server.',
  });
}
