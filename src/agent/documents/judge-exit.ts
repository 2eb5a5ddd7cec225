import { result, type StepResult } from './step-state.ts';

const REBOOT = 194;
const END_AS_SUCCESS = 168;
const END_AS_FAILURE = 169;
/** What a shell says of a process that SIGKILL ended. */
export const KILLED = 137;
const REST = 'Further document steps will be skipped.';

/**
 * What the exit code of a step's script means: 194 asks for a reboot and for the step to be run again, 168 and 169 end
 * the document as success and as failure. The inputs `onFailure` and `onSuccess` may end it as well.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/document-schemas-features.html
 */
export function judgeExit(code: number, inputs: Readonly<Record<string, unknown>>): StepResult {
  if (code === REBOOT) return result('SuccessAndReboot', code);
  if (code === END_AS_SUCCESS) {
    const stdoutNote = `\nStep exited with code ${code}. Therefore, marking step as succeeded. ${REST}`;
    return result('Success', code, { stdoutNote, endsDocument: true });
  }
  if (code === END_AS_FAILURE) {
    const stdoutNote = `\nStep exited with code ${code}. Therefore, marking step as Failed. ${REST}`;
    return result('Failed', code, { stdoutNote, stderrNote: failureNote(code), endsDocument: true });
  }
  if (code === 0) return result('Success', 0, { endsDocument: inputs.onSuccess === 'exit' });
  return withOnFailure(result('Failed', code, { stderrNote: failureNote(code) }), inputs);
}

/** A step that failed ends the document where its input `onFailure` says so, perhaps as a success. */
export function withOnFailure(failed: StepResult, inputs: Readonly<Record<string, unknown>>): StepResult {
  if (inputs.onFailure === 'exit') return { ...failed, endsDocument: true };
  if (inputs.onFailure !== 'successAndExit') return failed;
  const stdoutNote = `${failed.stdoutNote}\nStep was found to have onFailure property. Marking step as succeeded. ${REST}`;
  return { ...failed, status: 'Success', stdoutNote, endsDocument: true };
}

function failureNote(code: number): string {
  return `failed to run commands: exit status ${code}`;
}
