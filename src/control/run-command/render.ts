import type { ParameterValues } from '../../core/documents/resolve.ts';
import type { Json, SsmDocument } from '../../core/documents/types.ts';

/** Where else the agent puts what a command prints. */
export interface CommandOutput {
  readonly s3Bucket?: string | undefined;
  readonly s3KeyPrefix?: string | undefined;
  readonly cloudWatchLogGroup?: string | undefined;
  readonly isCloudWatchEnabled?: boolean | undefined;
}

/** The payload of a message `aws.ssm.sendCommand`, in the agent's own words. */
export interface SendCommandPayload {
  readonly Parameters: Readonly<Record<string, Json>>;
  readonly DocumentContent: Readonly<Record<string, Json>>;
  readonly CommandId: string;
  readonly DocumentName: string;
  readonly OutputS3BucketName: string;
  readonly OutputS3KeyPrefix: string;
  readonly CloudWatchLogGroupName: string;
  readonly CloudWatchOutputEnabled: 'true' | 'false';
}

/**
 * What a node's agent gets to run a document. The agent itself puts the values in the place of `{{ name }}`, so the
 * document goes as it was written.
 * https://github.com/aws/amazon-ssm-agent
 */
export function renderSendCommand(command: {
  readonly commandId: string;
  readonly documentName: string;
  readonly document: Pick<SsmDocument, 'content'>;
  readonly values: ParameterValues;
  readonly output?: CommandOutput;
}): SendCommandPayload {
  const { output = {} } = command;
  return {
    Parameters: Object.fromEntries(command.values),
    DocumentContent: command.document.content,
    CommandId: command.commandId,
    DocumentName: command.documentName,
    OutputS3BucketName: output.s3Bucket ?? '',
    OutputS3KeyPrefix: output.s3KeyPrefix ?? '',
    CloudWatchLogGroupName: output.cloudWatchLogGroup ?? '',
    CloudWatchOutputEnabled: output.isCloudWatchEnabled === true ? 'true' : 'false',
  };
}
