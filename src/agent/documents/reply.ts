import { AGENT_NAME, AGENT_VERSION } from '../identity.ts';
import type { JsonObject } from '../wire.ts';
import type { DocumentState } from './document-state.ts';
import { mergedText, stderrText, stdoutText } from './output-text.ts';
import { readOutput, stepFiles } from './step-files.ts';
import { countStatuses, type StepStatus } from './step-state.ts';

/** The payload of a SendReply: where a document stands, and what came of some of its steps. */
export interface Reply {
  readonly documentStatus: StepStatus;
  readonly runtimeStatus: JsonObject | null;
  readonly counts?: Readonly<Record<string, number>>;
  /** What is wrong with the document itself. */
  readonly trace?: string;
}

export function replyPayload(reply: Reply, platformVersion: string, now: Date): JsonObject {
  return {
    additionalInfo: {
      agent: { lang: 'en-US', name: AGENT_NAME, os: '', osver: platformVersion, ver: AGENT_VERSION },
      dateTime: now.toISOString(),
      runId: '',
      runtimeStatusCounts: reply.counts ?? {},
      ableToOpenMGSConnection: false,
    },
    documentStatus: reply.documentStatus,
    documentTraceOutput: reply.trace ?? '',
    runtimeStatus: reply.runtimeStatus,
  };
}

/** A document on its way, with what came of step `index`. */
export async function stepReply(document: DocumentState, index: number): Promise<Reply> {
  return { ...standing(document, 'InProgress'), runtimeStatus: await runtimeStatus(document, index) };
}

/** A document where it stops. Only that of a single step repeats what came of it. */
export async function documentReply(document: DocumentState, status: StepStatus): Promise<Reply> {
  const repeats = document.steps.length === 1 && status !== 'SuccessAndReboot';
  return { ...standing(document, status), runtimeStatus: repeats ? await runtimeStatus(document, 0) : {} };
}

function standing(document: DocumentState, documentStatus: StepStatus): Reply {
  return { documentStatus, runtimeStatus: null, counts: countStatuses(document.steps) };
}

async function runtimeStatus(document: DocumentState, index: number): Promise<JsonObject> {
  const step = document.steps[index];
  if (step === undefined) throw new RangeError(`no step ${index}`);
  const files = stepFiles(document.folder, index);
  const { status, code, stdoutNote, stderrNote } = step.result;
  const standardOutput = stdoutText(await readOutput(files.stdout), stdoutNote);
  const standardError = stderrText(await readOutput(files.stderr), stderrNote);
  return {
    [step.name]: {
      status,
      code,
      name: step.action,
      output: mergedText(standardOutput, standardError),
      startDateTime: step.startedAt ?? step.endedAt,
      endDateTime: step.endedAt,
      outputS3BucketName: '',
      outputS3KeyPrefix: '',
      stepName: step.name,
      standardOutput,
      standardError,
    },
  };
}
