import type { Command, CommandInvocation, CommandPlugin } from '@aws-sdk/client-ssm';
import type { CommandRow, InvocationRow, PluginResult } from '../../store/schema/commands.ts';

/** A command as the operations show it. */
export function describeCommand(row: CommandRow): Command {
  const { ServiceRoleArn, ...kept } = row.request;
  return {
    CommandId: row.commandId,
    DocumentName: row.documentName,
    DocumentVersion: row.documentVersion,
    Comment: '',
    ExpiresAfter: row.expiresAt,
    Parameters: row.parameters,
    InstanceIds: row.instanceIds,
    Targets: row.targets,
    RequestedDateTime: row.requestedAt,
    Status: row.status as Command['Status'],
    StatusDetails: row.statusDetails,
    OutputS3BucketName: '',
    OutputS3KeyPrefix: '',
    MaxConcurrency: row.maxConcurrency,
    MaxErrors: row.maxErrors,
    TargetCount: row.targetCount,
    CompletedCount: row.completedCount,
    ErrorCount: row.errorCount,
    DeliveryTimedOutCount: row.deliveryTimedOutCount,
    ServiceRole: typeof ServiceRoleArn === 'string' ? ServiceRoleArn : '',
    NotificationConfig: { NotificationArn: '', NotificationEvents: [], NotificationType: '' as never },
    CloudWatchOutputConfig: { CloudWatchLogGroupName: '', CloudWatchOutputEnabled: false },
    TimeoutSeconds: row.timeoutSeconds,
    ...kept,
  };
}

/** One node's part of a command; `plugins` only where details are asked for. */
export function describeInvocation(
  command: CommandRow,
  row: InvocationRow,
  plugins: readonly PluginResult[],
): CommandInvocation {
  const { Comment, ServiceRole, NotificationConfig, CloudWatchOutputConfig } = describeCommand(command);
  return {
    CommandId: row.commandId,
    InstanceId: row.instanceId,
    InstanceName: row.instanceName,
    Comment,
    DocumentName: command.documentName,
    DocumentVersion: command.documentVersion,
    RequestedDateTime: row.requestedAt,
    Status: row.status as CommandInvocation['Status'],
    StatusDetails: row.statusDetails,
    TraceOutput: row.trace,
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    CommandPlugins: plugins.map(describePlugin),
    ServiceRole,
    NotificationConfig,
    CloudWatchOutputConfig,
  };
}

function describePlugin(plugin: PluginResult): CommandPlugin {
  const [status, details] = pluginStatus(plugin.status);
  return {
    Name: plugin.name,
    Status: status,
    StatusDetails: details,
    ResponseCode: plugin.code,
    ...(plugin.startedAt === null ? {} : { ResponseStartDateTime: new Date(plugin.startedAt) }),
    ...(plugin.endedAt === null ? {} : { ResponseFinishDateTime: new Date(plugin.endedAt) }),
    Output: (plugin.output === '' ? merged(plugin) : plugin.output).slice(0, 2500),
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    OutputS3Region: '',
    OutputS3BucketName: '',
    OutputS3KeyPrefix: '',
  };
}

function merged({ standardOutput, standardError }: PluginResult): string {
  return standardError === '' ? standardOutput : `${standardOutput}\n----------ERROR-------\n${standardError}`;
}

/** The states of the agent's steps in the words of the API. */
export function pluginStatus(status: string): [NonNullable<CommandPlugin['Status']>, string] {
  switch (status) {
    case 'Success':
    case 'Failed':
    case 'Cancelled':
    case 'Pending':
      return [status, status];
    case 'Skipped':
      return ['Success', 'Skipped'];
    case 'TimedOut':
      return ['TimedOut', 'ExecutionTimedOut'];
    case 'NotStarted':
      return ['Pending', 'Pending'];
    default:
      return ['InProgress', 'InProgress'];
  }
}
