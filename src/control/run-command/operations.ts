import type { Operations } from '../call.ts';
import { CancelCommand } from './cancel-command.ts';
import type { PrepareDocument } from './document-source.ts';
import { GetCommandInvocation } from './get-invocation.ts';
import { ListCommandInvocations, ListCommands } from './listing.ts';
import { sendCommand } from './send-command.ts';

/** Run Command. What it starts is brought on by the engine (engine.ts), on any server. */
export function runCommandOperations(needs: { readonly prepareDocument: PrepareDocument }): Operations {
  return {
    SendCommand: sendCommand(needs.prepareDocument),
    CancelCommand,
    ListCommands,
    ListCommandInvocations,
    GetCommandInvocation,
  };
}
