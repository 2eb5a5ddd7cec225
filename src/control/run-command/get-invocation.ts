import type { GetCommandInvocationRequest, GetCommandInvocationResult } from '@aws-sdk/client-ssm';
import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { command, invocation, type PluginResult } from '../../store/schema/commands.ts';
import type { Call } from '../call.ts';
import { describeInvocation, pluginStatus } from './describe.ts';
import { pluginsOf } from './plugins.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html */
const OUTPUT_CHARS = 24_000;
const ERROR_CHARS = 8000;

/**
 * GetCommandInvocation: what one node told of one step. Without a name it is the one step that was not skipped, or all
 * of them together. Output is cut at 24,000 characters, error output at 8,000, as AWS does.
 */
export async function GetCommandInvocation(
  call: Call,
  { CommandId = '', InstanceId = '', PluginName }: GetCommandInvocationRequest,
): Promise<GetCommandInvocationResult> {
  const rows = await call.db
    .select({ row: invocation, command })
    .from(invocation)
    .innerJoin(command, and(eq(command.account, invocation.account), eq(command.commandId, invocation.commandId)))
    .where(
      and(
        eq(invocation.account, call.account),
        eq(invocation.commandId, CommandId),
        eq(invocation.instanceId, InstanceId),
      ),
    );
  const found = rows[0];
  if (found === undefined)
    throw new AwsError('InvocationDoesNotExist', 'There is no invocation of this command on this node.');
  const all = await pluginsOf(call.db, found.command, found.row);
  const plugins = chosen(all, PluginName);
  const invoked = describeInvocation(found.command, found.row, []);
  const only = plugins.length === 1 ? plugins[0] : undefined;
  const isOfStep = only !== undefined && PluginName !== undefined && found.row.stage !== 'waiting';
  const errors = plugins.map(({ standardError }) => standardError).join('') || found.row.trace;
  const [Status, StatusDetails] = isOfStep ? pluginStatus(only.status) : [invoked.Status, invoked.StatusDetails];
  return {
    CommandId,
    InstanceId,
    Comment: invoked.Comment,
    DocumentName: invoked.DocumentName,
    DocumentVersion: invoked.DocumentVersion,
    PluginName: only?.name ?? '',
    ResponseCode: only?.code ?? worstCode(plugins),
    ...times(plugins),
    Status,
    StatusDetails,
    StandardOutputContent: plugins
      .map(({ standardOutput }) => standardOutput)
      .join('')
      .slice(0, OUTPUT_CHARS),
    StandardOutputUrl: '',
    StandardErrorContent: errors.slice(0, ERROR_CHARS),
    StandardErrorUrl: '',
    CloudWatchOutputConfig: invoked.CloudWatchOutputConfig,
  };
}

function chosen(plugins: readonly PluginResult[], name: string | undefined): PluginResult[] {
  if (name === undefined) {
    const ran = plugins.filter(({ status }) => status !== 'Skipped');
    return ran.length > 0 ? ran : plugins.slice(0, 1);
  }
  const one = plugins.find((plugin) => plugin.name === name);
  if (one === undefined) throw new AwsError('InvalidPluginName', `The document has no step ${name}.`);
  return [one];
}

/** -1 while anything has not ended; otherwise the first code that is not 0. */
function worstCode(plugins: readonly PluginResult[]): number {
  const codes = plugins.map(({ code }) => code);
  return codes.includes(-1) ? -1 : (codes.find((code) => code !== 0) ?? 0);
}

function times(plugins: readonly PluginResult[]) {
  const starts = plugins.flatMap(({ startedAt }) => startedAt ?? []).sort();
  const ends = plugins.flatMap(({ endedAt }) => endedAt ?? []).sort();
  const [start, end] = [starts[0], ends.length === plugins.length ? ends.at(-1) : undefined];
  const elapsed = start === undefined || end === undefined ? null : Date.parse(end) - Date.parse(start);
  return {
    ExecutionStartDateTime: start ?? '',
    ExecutionElapsedTime: elapsed === null ? '' : duration(Math.max(0, elapsed)),
    ExecutionEndDateTime: end ?? '',
  };
}

/** ISO 8601, as `PT1H2M3.45S`. */
function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 10) / 100;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = Math.round((seconds % 60) * 100) / 100;
  return `PT${hours > 0 ? `${hours}H` : ''}${minutes > 0 ? `${minutes}M` : ''}${rest}S`;
}
