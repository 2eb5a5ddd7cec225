import { z } from 'zod';
import { readSchedule } from './schedule.ts';

export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;

/** When a bake starts by itself. */
export const triggerCondition = z.discriminatedUnion('Kind', [
  z
    .strictObject({
      Kind: z.literal('schedule'),
      /** `cron(…)` or `rate(…)`, as in Systems Manager. */
      Expression: z.string().min(1).max(256),
      TimeZone: z.string().min(1).max(64).default('UTC'),
    })
    .superRefine(({ Expression, TimeZone }, context) => {
      const read = readSchedule(Expression, TimeZone);
      if ('fault' in read) context.addIssue({ code: 'custom', path: ['Expression'], message: read.fault });
    }),
  /** The gold image misses an update that the baseline approves. */
  z.strictObject({ Kind: z.literal('drift') }),
  /** The same, of a severity or worse. */
  z.strictObject({ Kind: z.literal('advisory'), Severity: z.enum(SEVERITIES) }),
  /** What the image begins with is another now: a point release, or another gold image of the base's family. */
  z.strictObject({ Kind: z.literal('base') }),
]);
export type TriggerCondition = z.infer<typeof triggerCondition>;
