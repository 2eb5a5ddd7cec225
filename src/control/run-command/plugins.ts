import type { Database } from '../../store/database.ts';
import type { CommandRow, InvocationRow, PluginResult } from '../../store/schema/commands.ts';
import { messageIdOf, stepsOf } from '../messages/outbox.ts';
import type { StepResult } from '../messages/step-result.ts';

/** The steps of an invocation in the order of the document: what the node told, and the others as not begun. */
export async function pluginsOf(db: Database, command: CommandRow, row: InvocationRow): Promise<PluginResult[]> {
  if (row.plugins !== null) return row.plugins;
  const names = stepNames(command.document);
  const told = row.isOrchestrated ? [] : await stepsOf(db, row.account, messageIdOf(row.commandId, row.instanceId));
  const byName = new Map(told.map((step) => [step.name, step]));
  const missing = row.stage === 'done' ? row.status : 'Pending';
  return [
    ...names.map((name) => pluginOf(byName.get(name)) ?? untold(name, missing)),
    ...told.filter(({ name }) => !names.includes(name)).flatMap((step) => pluginOf(step) ?? []),
  ];
}

/** Names as the agent reports them: of schema 2.x the steps', of 1.2 the plug-ins'. */
export function stepNames(document: Readonly<Record<string, unknown>>): string[] {
  const { mainSteps, runtimeConfig } = document;
  if (Array.isArray(mainSteps))
    return mainSteps.map((step: { name?: unknown } | null) => String(step?.name ?? '')).filter((name) => name !== '');
  return typeof runtimeConfig === 'object' && runtimeConfig !== null ? Object.keys(runtimeConfig) : [];
}

function pluginOf(step: StepResult | undefined): PluginResult | null {
  if (step === undefined) return null;
  const { plugin: _, reportedAt: __, startedAt, endedAt, ...rest } = step;
  return { ...rest, startedAt: startedAt?.toISOString() ?? null, endedAt: endedAt?.toISOString() ?? null };
}

/** A step that never ran in an invocation that is over ended with it: it is no success of its own. */
function untold(name: string, status: string): PluginResult {
  const texts = { output: '', standardOutput: '', standardError: '', startedAt: null, endedAt: null };
  return { name, status: status === 'Success' ? 'Skipped' : status, code: -1, ...texts };
}
