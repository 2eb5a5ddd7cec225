import type { SendCommandRequest } from '@aws-sdk/client-ssm';
import { AwsError } from '../../core/aws-error.ts';
import { executionSeconds } from '../../core/documents/deadline.ts';
import { MAX_DOCUMENT_BYTES } from '../../core/documents/read-content.ts';
import type { Lookup } from '../../core/documents/references.ts';
import type { SsmDocument } from '../../core/documents/types.ts';
import type { Call } from '../call.ts';
import { documentToRun } from '../documents/run-document.ts';
import { type Orchestration, shownName } from '../documents/view.ts';
import type { PrepareDocument } from './document-source.ts';
import { withHooks } from './hooks.ts';
import { nesting } from './nested-documents.ts';
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
    const { view, document: written } = await documentToRun(call, request.DocumentName ?? '', request);
    const orchestration = view.orchestration ?? (isInventory(written) ? 'inventory' : null);
    if (orchestration !== null && !orchestrations.includes(orchestration))
      throw new AwsError('InvalidDocument', `Document ${view.name} cannot be run by Run Command.`);
    const given = request.Parameters ?? {};
    const name = shownName(call, view);
    const documents = nesting(call, lookup(call));
    const resolution = await documents.resolve(written, name, given);
    if (!resolution.ok) throw new AwsError(resolution.code, resolution.message);
    const common = { name, version: String(view.version), parameters: given, orchestration };
    if (orchestration === 'patch-baseline-with-hooks')
      return { ...common, ...(await withHooks(documents, written, resolution.values)), payload: null };
    const { document, values } = await documents.expand(view, name, written, resolution.values);
    const size = Buffer.byteLength(view.content) + Buffer.byteLength(JSON.stringify([...values.values()]));
    if (size > MAX_DOCUMENT_BYTES)
      throw new AwsError('MaxDocumentSizeExceeded', 'The size limit of a document with its parameters is 64 KB.');
    const rendered = renderSendCommand({ commandId, documentName: name, document, values, output: outputOf(request) });
    const payload = JSON.stringify(rendered);
    if (Buffer.byteLength(payload) > MOST_PAYLOAD_BYTES)
      throw new AwsError('MaxDocumentSizeExceeded', 'The document is too large with the documents that it runs.');
    return {
      ...common,
      content: document.content,
      executionSeconds: executionSeconds(document, values),
      payload: orchestration === null ? payload : null,
    };
  };
}

/** With nested documents: the unmodified agent took messages of two megabytes. */
const MOST_PAYLOAD_BYTES = 1024 * 1024;

/** The agents' own plug-in works in associations alone; the server gathers in its place. */
function isInventory({ steps }: SsmDocument): boolean {
  return steps.length === 1 && steps[0]?.action === 'aws:softwareInventory';
}

function outputOf(request: SendCommandRequest): CommandOutput {
  return {
    s3Bucket: request.OutputS3BucketName,
    s3KeyPrefix: request.OutputS3KeyPrefix,
    cloudWatchLogGroup: request.CloudWatchOutputConfig?.CloudWatchLogGroupName,
    isCloudWatchEnabled: request.CloudWatchOutputConfig?.CloudWatchOutputEnabled,
  };
}
