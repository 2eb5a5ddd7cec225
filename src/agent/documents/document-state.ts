import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, readState, removeState, writeState } from '../state-file.ts';
import { isObject, parseObject } from '../wire.ts';
import type { Step } from './parse-document.ts';
import { notStarted, result, type StepState } from './step-state.ts';

/** A document that was taken in, with all that happened in it. */
export interface DocumentState {
  /** Its folder: the state, and a folder for each step. */
  readonly folder: string;
  readonly messageId: string;
  readonly commandId: string;
  readonly documentName: string;
  readonly receivedAt: string;
  readonly steps: readonly StepState[];
  /** The message that cancelled it; null while it goes on. */
  readonly cancelMessageId: string | null;
  /** The kernel's boot id when a step asked for a reboot that has not been seen to happen yet. */
  readonly rebootFrom: string | null;
}

/** Ids become names of folders. */
export const COMMAND_ID = /^[A-Za-z0-9-]{1,64}$/;

const PLAN = 'plan.json';
const PROGRESS = 'progress.json';

export function newDocument(
  documents: string,
  plan: {
    readonly messageId: string;
    readonly commandId: string;
    readonly documentName: string;
    readonly receivedAt: string;
    readonly steps: readonly Step[];
  },
): DocumentState {
  const steps = plan.steps.map(notStarted);
  const folder = join(documents, plan.commandId);
  return { ...plan, folder, steps, cancelMessageId: null, rebootFrom: null };
}

/** Keeps what a document is to do: from here on it is ours to run. */
export async function savePlan(document: DocumentState): Promise<void> {
  const { messageId, commandId, documentName, receivedAt } = document;
  const steps = document.steps.map(({ name, action, inputs, precondition }) => ({
    name,
    action,
    inputs,
    precondition,
  }));
  const plan = { messageId, commandId, documentName, receivedAt, steps };
  await writeState(join(document.folder, PLAN), JSON.stringify(plan));
}

/** Keeps what happened in a document so far. */
export async function saveProgress(document: DocumentState): Promise<void> {
  const { cancelMessageId, rebootFrom } = document;
  const steps = document.steps.map(({ name, action, inputs, precondition, ...progress }) => progress);
  await writeState(join(document.folder, PROGRESS), JSON.stringify({ cancelMessageId, rebootFrom, steps }));
}

/** The plan goes first: without it nothing else in the folder can ever be taken for a document that has yet to begin. */
export async function forgetDocument(document: DocumentState): Promise<void> {
  await removeState(join(document.folder, PLAN));
  await rm(document.folder, { recursive: true, force: true });
}

/** All documents that are not over, oldest first. Folders without a plan never began: `tidy` removes them. */
export async function readDocuments(documents: string, { tidy }: { readonly tidy: boolean }): Promise<DocumentState[]> {
  const names = await readdir(documents).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const found: DocumentState[] = [];
  for (const name of names.filter((one) => COMMAND_ID.test(one))) {
    const document = await readDocument(join(documents, name));
    if (document !== null) found.push(document);
    else if (tidy) await rm(join(documents, name), { recursive: true, force: true });
  }
  return found.sort((a, b) => (a.receivedAt < b.receivedAt ? -1 : 1));
}

async function readDocument(folder: string): Promise<DocumentState | null> {
  const plan = parseObject((await readState(join(folder, PLAN))) ?? '');
  if (plan === null || !Array.isArray(plan.steps)) return null;
  const text = (await readState(join(folder, PROGRESS))) ?? '{}';
  const progress = parseObject(text) ?? {};
  const done = Array.isArray(progress.steps) ? progress.steps : [];
  const steps = plan.steps.map((step: Step, index) => ({
    ...notStarted(step),
    ...(isObject(done[index]) ? done[index] : {}),
  }));
  const blank = { cancelMessageId: null, rebootFrom: null };
  const document = { ...plan, ...blank, ...progress, folder, steps } as unknown as DocumentState;
  return parseObject(text) === null ? lost(document) : document;
}

/** What happened in a document whose progress cannot be read is not known: nothing of it may be run (again). */
function lost(document: DocumentState): DocumentState {
  const stderrNote = 'document process failed unexpectedly: its state on disk cannot be read';
  const failed = result('Failed', 1, { stderrNote, lost: true });
  return {
    ...document,
    steps: document.steps.map((step, index) => (index === 0 ? { ...step, result: failed } : step)),
  };
}
