import type { Host } from '../host.ts';
import { gatherInventory } from '../inventory/gather.ts';
import { putInventory } from '../inventory/put.ts';
import type { DocumentState } from './document-state.ts';
import { downloadContent } from './download-content.ts';
import { withOnFailure } from './judge-exit.ts';
import type { ScriptSignals } from './script-step.ts';
import { stepFiles } from './step-files.ts';
import { result, type StepResult, type StepState } from './step-state.ts';

/**
 * Does a step that the agent does by itself. All of these may be done again, so that one whose end nobody saw is simply
 * begun anew. null when the agent stops in the middle of it.
 */
export async function runTaskStep(
  host: Host,
  document: DocumentState,
  index: number,
  { cancel, stop }: ScriptSignals,
): Promise<StepResult | null> {
  const step = document.steps[index];
  if (step === undefined) throw new RangeError(`no step ${index}`);
  const signal = AbortSignal.any([cancel, stop]);
  try {
    const stdoutNote = await doTask(host, step, stepFiles(document.folder, index).folder, signal);
    return result('Success', 0, { stdoutNote, endsDocument: step.inputs.onSuccess === 'exit' });
  } catch (error) {
    if (cancel.aborted) return result('Cancelled', 1);
    if (stop.aborted) return null;
    return withOnFailure(result('Failed', 1, { stderrNote: (error as Error).message }), step.inputs);
  }
}

async function doTask(host: Host, step: StepState, folder: string, signal: AbortSignal): Promise<string> {
  if (step.action === 'aws:downloadContent') return downloadContent(host, step.inputs, folder, signal);
  return putInventory(host, await gatherInventory(host, step.inputs), signal);
}
