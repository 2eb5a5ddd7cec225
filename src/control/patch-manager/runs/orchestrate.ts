import { KintsugiError } from '../../../core/errors.ts';
import type { LedInvocation, Orchestration } from '../../run-command/orchestration.ts';
import {
  type Ended,
  markUnknown,
  type PatchOrchestrationNeeds,
  patchAndRecord,
  pluginOf,
  refusalOf,
} from './led-run.ts';

/** AWS-RunPatchBaseline, led by the server: one invocation, as many messages as it takes. */
export function patchBaselineOrchestration(needs: PatchOrchestrationNeeds): Orchestration {
  return async (invocation) => {
    const startedAt = invocation.now();
    const refusal = await refusalOf(needs, invocation);
    const end =
      refusal === null
        ? await patchOrTell(invocation, () => patchAndRecord(needs, invocation))
        : ({ status: 'Failed', code: 1, out: '', error: refusal } as const);
    return { status: end.status, plugins: [pluginOf('PatchLinux', end, startedAt, invocation.now())] };
  };
}

/** What could not tell anything of the node makes it unknown, and the step a failure that says why. */
export async function patchOrTell(invocation: LedInvocation, patch: () => Promise<Ended>): Promise<Ended> {
  try {
    return await patch();
  } catch (error) {
    // Nothing more counts where the command is over: what the node was known to be stays.
    if (invocation.signal.aborted || !(error instanceof KintsugiError)) throw error;
    const text = `${error.message}\n${error.advice}\n`;
    // A file that cannot be had says nothing of the node.
    if (!isOfFile(error)) {
      await markUnknown(invocation, error.message);
      if (error.code === 'NodeUnreachable') throw error;
    }
    return { status: 'Failed', code: 1, out: '', error: text };
  }
}

function isOfFile({ code }: KintsugiError): boolean {
  return code === 'OverrideInvalid' || code === 'FetchRefused' || code === 'FetchFailed';
}
