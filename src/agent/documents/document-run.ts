import { randomUUID } from 'node:crypto';
import type { Host } from '../host.ts';
import { type DocumentState, forgetDocument, saveProgress } from './document-state.ts';
import { nextMove } from './next-move.ts';
import { documentReply, type Reply, replyPayload, stepReply } from './reply.ts';
import { resumeScriptStep, runScriptStep, type ScriptOutcome } from './script-step.ts';
import { documentStatus, isOver, result, type StepProgress, type StepResult, type StepState } from './step-state.ts';
import { runTaskStep } from './task-step.ts';

/** `reboot`: a step waits for it. `left`: the agent stops, and the next one goes on. */
export type RunEnd = 'over' | 'reboot' | 'left';

/** A step that asks for a reboot each time it runs would never come to an end. */
const MOST_REBOOTS = 10;

/**
 * The run of one document, from wherever the last agent left it. What it is about to do is on disk before it does it,
 * so that after any kind of end nothing is run a second time and no result is lost.
 */
export class DocumentRun {
  readonly #host: Host;
  readonly #cancel = new AbortController();
  #document: DocumentState;
  #saved: Promise<void> = Promise.resolve();

  constructor(host: Host, document: DocumentState) {
    this.#host = host;
    this.#document = document;
    if (document.cancelMessageId !== null) this.#cancel.abort();
  }

  get document(): DocumentState {
    return this.#document;
  }

  /** Kills what runs, and cancels what would have. */
  async cancel(messageId: string): Promise<void> {
    if (this.#document.cancelMessageId !== null) return;
    await this.#save({ cancelMessageId: messageId });
    this.#cancel.abort();
  }

  async run(stop: AbortSignal): Promise<RunEnd> {
    if (this.#document.rebootFrom !== null) await this.#save({ rebootFrom: null });
    for (const index of this.#document.steps.keys()) {
      if (isOver(this.#step(index))) {
        if (!this.#step(index).reported) await this.#report(index);
        continue;
      }
      if (this.#document.steps.some(({ result: { lost } }) => lost)) break;
      if (stop.aborted) return 'left';
      const performed = await this.#perform(index, stop);
      if (performed === null) return 'left';
      const outcome = withinReboots(performed, this.#step(index));
      await this.#conclude(index, outcome);
      if (outcome.status === 'SuccessAndReboot') return 'reboot';
    }
    await this.#finish();
    return 'over';
  }

  /** The result of a step; null when the agent stops before there is one. */
  async #perform(index: number, stop: AbortSignal): Promise<StepResult | null> {
    const signals = { cancel: this.#cancel.signal, stop };
    const step = this.#step(index);
    const isScript = step.action === 'aws:runShellScript';
    if (isScript && step.result.status === 'InProgress') {
      const outcome = await resumeScriptStep(this.#host, this.#document, index, signals);
      if (outcome.kind !== 'again') return resultOf(outcome);
    }
    if (this.#cancel.signal.aborted) return result('Cancelled', 1);
    const move = nextMove(this.#document.steps, index);
    if (move.kind === 'note') return move.result;
    await this.#begin(index);
    if (isScript) return resultOf(await runScriptStep(this.#host, this.#document, index, signals));
    return runTaskStep(this.#host, this.#document, index, signals);
  }

  async #begin(index: number): Promise<void> {
    const step = this.#step(index);
    const now = this.#host.now().toISOString();
    await this.#saveStep(index, {
      result: result('InProgress', 0),
      attempt: step.attempt + 1,
      startedAt: step.startedAt ?? now,
      attemptAt: now,
      bootId: this.#host.facts.bootId,
      reported: false,
    });
  }

  async #conclude(index: number, outcome: StepResult): Promise<void> {
    const reboots = outcome.status === 'SuccessAndReboot';
    const progress = { result: outcome, endedAt: this.#host.now().toISOString() };
    await this.#saveStep(index, progress, { rebootFrom: reboots ? this.#host.facts.bootId : null });
    await this.#report(index);
    if (reboots) await this.#reply(await documentReply(this.#document, 'SuccessAndReboot'));
  }

  /** That a reply is in the outbox is saved with the next step: after a crash in between it is put in again. */
  async #report(index: number): Promise<void> {
    await this.#reply(await stepReply(this.#document, index));
    this.#document = withStep(this.#document, index, { reported: true });
  }

  async #finish(): Promise<void> {
    const { cancelMessageId, commandId } = this.#document;
    if (cancelMessageId !== null) {
      const body = { MessageId: cancelMessageId };
      await this.#host.outbox.put({ operation: 'AcknowledgeMessage', topic: commandId, body });
    }
    await this.#reply(await documentReply(this.#document, documentStatus(this.#document.steps)));
    await forgetDocument(this.#document);
  }

  async #reply(reply: Reply): Promise<void> {
    await putReply(this.#host, this.#document.messageId, this.#document.commandId, reply);
  }

  async #saveStep(index: number, progress: Partial<StepProgress>, rest: Partial<DocumentState> = {}): Promise<void> {
    await this.#save({ ...withStep(this.#document, index, progress), ...rest });
  }

  /** One after the other: a cancel comes in while a step is being noted, and the latest state must be what stays. */
  async #save(changes: Partial<DocumentState>): Promise<void> {
    this.#document = { ...this.#document, ...changes };
    this.#saved = this.#saved.then(() => saveProgress(this.#document));
    await this.#saved;
  }

  #step(index: number): StepState {
    const step = this.#document.steps[index];
    if (step === undefined) throw new RangeError(`no step ${index}`);
    return step;
  }
}

/** Puts a reply into the outbox. Its id stays the same however often it is sent. */
export async function putReply(host: Host, messageId: string, topic: string, reply: Reply): Promise<void> {
  const payload = replyPayload(reply, host.facts.platformVersion, host.now());
  const body = { MessageId: messageId, ReplyId: randomUUID(), Payload: JSON.stringify(payload) };
  await host.outbox.put({ operation: 'SendReply', topic, body });
}

function withinReboots(outcome: StepResult, { attempt }: StepState): StepResult {
  if (outcome.status !== 'SuccessAndReboot' || attempt <= MOST_REBOOTS) return outcome;
  const stderrNote = `the step asked for a reboot more than ${MOST_REBOOTS} times`;
  return result('Failed', outcome.code, { stderrNote });
}

function resultOf(outcome: ScriptOutcome): StepResult | null {
  return outcome.kind === 'result' ? outcome.result : null;
}

function withStep(document: DocumentState, index: number, progress: Partial<StepProgress>): DocumentState {
  return { ...document, steps: document.steps.map((step, at) => (at === index ? { ...step, ...progress } : step)) };
}
