import { createHash } from 'node:crypto';
import { AwsError } from '../../core/aws-error.ts';
import { unsupportedActions } from '../../core/documents/actions.ts';
import { readDocument } from '../../core/documents/parse.ts';
import type { SsmDocument } from '../../core/documents/types.ts';
import type { Call } from '../call.ts';
import { findDocument, type VersionChoice } from './find.ts';
import type { DocumentView } from './view.ts';

/** A document that a command may run. */
export interface RunnableDocument {
  readonly view: DocumentView;
  readonly document: SsmDocument;
}

/** What a command says of its document beside the name. */
export interface RunChoice extends VersionChoice {
  /** The hash that the caller expects the content to have, in hexadecimal: SHA-256 unless it says Sha1. */
  readonly DocumentHash?: string | undefined;
  readonly DocumentHashType?: string | undefined;
}

/**
 * The document of a command, by name or ARN. Throws InvalidDocument (also for a type that Run Command does not run and
 * for actions that this server does not know), InvalidDocumentVersion, and InvalidDocument where the hash differs.
 * Documents with an `orchestration` are not sent to nodes: the server runs them.
 */
export async function documentToRun(call: Call, nameOrArn: string, choice: RunChoice = {}): Promise<RunnableDocument> {
  const view = await findDocument(call, nameOrArn, choice);
  const { DocumentHash, DocumentHashType } = choice;
  const hash = DocumentHashType === 'Sha1' ? createHash('sha1').update(view.content).digest('hex') : view.hash;
  if (DocumentHash !== undefined && DocumentHash.toLowerCase() !== hash)
    throw new AwsError('InvalidDocument', 'The hash of the document is not the one that the command gives.');
  const read = readDocument(view.content, view.documentFormat, view.documentType);
  const document = read.ok ? read.value.document : null;
  const isRun = view.documentType === 'Command' || view.orchestration !== null;
  if (document === null || !isRun)
    throw new AwsError('InvalidDocument', `A document of type ${view.documentType} cannot be run by Run Command.`);
  const unsupported = unsupportedActions(document);
  if (unsupported.length > 0)
    throw new AwsError(
      'InvalidDocument',
      `This server does not run the actions [${unsupported.join(', ')}] of document ${view.name}.`,
    );
  return { view, document };
}
