import type { SendCommandRequest } from '@aws-sdk/client-ssm';
import { AwsError } from '../../core/aws-error.ts';
import { executionSeconds } from '../../core/documents/deadline.ts';
import { MAX_DOCUMENT_BYTES } from '../../core/documents/read-content.ts';
import type { Lookup } from '../../core/documents/references.ts';
import { resolveParameters } from '../../core/documents/resolve.ts';
import type { Call } from '../call.ts';
import { limitedPatternTest } from '../documents/pattern-test.ts';
import { documentToRun } from '../documents/run-document.ts';
import { type Orchestration, shownName } from '../documents/view.ts';
import type { PrepareDocument } from './document-source.ts';
import { type CommandOutput, renderSendCommand } from './render.ts';
import { storedParameters } from './stored-parameters.ts';

interface Preparing {
  /** The procedures that this server leads itself; documents that ask for others are refused. */
  readonly orchestrations: readonly Orchestration[];
  readonly lookup?: (call: Call) => Lookup;
}

/**
 * Finds the document of a command, checks its parameters and renders the message for its nodes. The content of the
 * document and the values have the limit of a document together, as in AWS.
 */
export function documentPreparation({ orchestrations, lookup = storedParameters }: Preparing): PrepareDocument {
  return async (call, request, commandId) => {
    const { view, document } = await documentToRun(call, request.DocumentName ?? '', request);
    const { orchestration } = view;
    if (orchestration !== null && !orchestrations.includes(orchestration))
      throw new AwsError('InvalidDocument', `Document ${view.name} cannot be run by Run Command.`);
    const given = request.Parameters ?? {};
    const name = shownName(call, view);
    const resolution = await resolveParameters(document, given, {
      name,
      matches: limitedPatternTest(),
      lookup: lookup(call),
    });
    if (!resolution.ok) throw new AwsError(resolution.code, resolution.message);
    const { values } = resolution;
    const size = Buffer.byteLength(view.content) + Buffer.byteLength(JSON.stringify([...values.values()]));
    if (size > MAX_DOCUMENT_BYTES)
      throw new AwsError('MaxDocumentSizeExceeded', 'The size limit of a document with its parameters is 64 KB.');
    const rendered = renderSendCommand({ commandId, documentName: name, document, values, output: outputOf(request) });
    return {
      name,
      version: String(view.version),
      content: document.content,
      parameters: given,
      executionSeconds: executionSeconds(document, values),
      orchestration,
      payload: orchestration === null ? JSON.stringify(rendered) : null,
    };
  };
}

function outputOf(request: SendCommandRequest): CommandOutput {
  return {
    s3Bucket: request.OutputS3BucketName,
    s3KeyPrefix: request.OutputS3KeyPrefix,
    cloudWatchLogGroup: request.CloudWatchOutputConfig?.CloudWatchLogGroupName,
    isCloudWatchEnabled: request.CloudWatchOutputConfig?.CloudWatchOutputEnabled,
  };
}
