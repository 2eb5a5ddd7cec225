import { z } from 'zod';
import { AwsError } from '../../core/aws-error.ts';
import { isStepStatus, type StepResult } from './step-result.ts';

/** One reply of an agent: what it says of some steps, and of the document as a whole. */
export interface Reply {
  readonly steps: readonly StepResult[];
  /** The agent's last word on the document; null while it goes on (also when it is about to reboot). */
  readonly outcome: 'Success' | 'Failed' | 'TimedOut' | 'Cancelled' | null;
  /** How many steps the agent has counted as run to an end; those that ended before a reboot are not among them. */
  readonly countedSteps: number;
  readonly trace: string;
}

/** A stream of a step has 24,000 bytes in a reply; a little more is taken, whatever an agent's own limit is. */
const STREAM_CHARS = 25_000;
const OUTPUT_CHARS = 2500;
const MOST_STEPS = 400;

const STEP = z.object({
  status: z.string(),
  code: z.number().nullish(),
  name: z.string().nullish(),
  output: z.string().nullish(),
  standardOutput: z.string().nullish(),
  standardError: z.string().nullish(),
  startDateTime: z.string().nullish(),
  endDateTime: z.string().nullish(),
});
const REPLY = z.object({
  additionalInfo: z
    .object({ dateTime: z.string().nullish(), runtimeStatusCounts: z.record(z.string(), z.number()).nullish() })
    .nullish(),
  documentStatus: z.string(),
  documentTraceOutput: z.string().nullish(),
  runtimeStatus: z.record(z.string(), STEP).nullish(),
});
const LAST_WORDS = ['Success', 'Failed', 'TimedOut', 'Cancelled'] as const;

/**
 * Reads the payload of SendReply. Texts are bounded and made such that PostgreSQL takes them; steps in a state that is
 * not of the protocol are left out. Throws ValidationException for what is no reply.
 */
export function readReply(payload: string, receivedAt: Date): Reply {
  const read = REPLY.safeParse(parsed(payload));
  if (!read.success) throw new AwsError('ValidationException', 'The payload is not a reply of an agent.');
  const { additionalInfo, documentStatus, documentTraceOutput, runtimeStatus } = read.data;
  const reportedAt = time(additionalInfo?.dateTime) ?? receivedAt;
  const entries = Object.entries(runtimeStatus ?? {});
  if (entries.length > MOST_STEPS) throw new AwsError('ValidationException', 'A reply has 400 steps at the most.');
  const steps = entries.flatMap(([name, step]) => stepOf(name, step, reportedAt));
  const crash = steps.find(({ status, plugin }) => status === 'Failed' && plugin === '')?.output;
  const counts = additionalInfo?.runtimeStatusCounts ?? {};
  const counted = LAST_WORDS.reduce((sum, word) => sum + (counts[word] ?? 0), 0);
  return {
    steps,
    outcome: LAST_WORDS.find((word) => word === documentStatus) ?? null,
    countedSteps: Number.isSafeInteger(counted) && counted > 0 ? Math.min(counted, MOST_STEPS) : 0,
    trace: bounded(documentTraceOutput || crash, OUTPUT_CHARS),
  };
}

function stepOf(name: string, step: z.infer<typeof STEP>, reportedAt: Date): StepResult[] {
  if (!isStepStatus(step.status) || name.length > 200) return [];
  const code = step.code ?? 0;
  return [
    {
      name: bounded(name, 200),
      status: step.status,
      code: Number.isInteger(code) && Math.abs(code) < 2 ** 31 ? code : -1,
      plugin: bounded(step.name, 200),
      output: bounded(step.output, OUTPUT_CHARS),
      standardOutput: bounded(step.standardOutput, STREAM_CHARS),
      standardError: bounded(step.standardError, STREAM_CHARS),
      startedAt: time(step.startDateTime),
      endedAt: time(step.endDateTime),
      reportedAt,
    },
  ];
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return null;
  }
}

function bounded(text: string | null | undefined, most: number): string {
  return (text ?? '').slice(0, most).replaceAll('\0', '\ufffd').toWellFormed();
}

/** null for what is no time, or none that a node of our days could mean (Go writes year 1 for none). */
function time(text: string | null | undefined): Date | null {
  const at = new Date(text ?? '');
  return at.getTime() > 0 && at.getUTCFullYear() < 3000 ? at : null;
}
