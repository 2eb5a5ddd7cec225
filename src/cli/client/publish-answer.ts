import { z } from 'zod';
import { read } from './workflow-answer.ts';

const Started = z.object({ ExecutionArn: z.string() });

const Output = z.object({
  Family: z.string(),
  Digest: z.string(),
  Result: z.enum(['baked', 'skipped']),
  Installed: z.number(),
  Channel: z.string(),
});
/** What an execution of the state machine of bakes ends with. */
export type PublishOutput = z.infer<typeof Output>;

export const readStarted = (answer: unknown) => read(Started, answer);
export const readPublished = (answer: unknown): PublishOutput => read(Output, answer);
