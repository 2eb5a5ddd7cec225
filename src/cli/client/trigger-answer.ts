import { z } from 'zod';
import { read } from './workflow-answer.ts';

const Trigger = z.object({
  TriggerId: z.string(),
  Family: z.string(),
  Condition: z.looseObject({ Kind: z.string() }),
  AutoApprove: z.boolean(),
  CreatedBy: z.string(),
  LookedAt: z.number().nullable(),
  Outcome: z.string().nullable(),
  ExecutionArn: z.string().nullable(),
});
export type AnsweredTrigger = z.infer<typeof Trigger>;

export const readTriggers = (answer: unknown) => read(z.object({ Triggers: z.array(Trigger) }), answer);
