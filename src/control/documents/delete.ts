import type { DeleteDocumentRequest } from '@aws-sdk/client-ssm';
import { and, eq, max, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { document, documentShare, documentVersion } from '../../store/schema/documents.ts';
import type { Call } from '../call.ts';
import { deleteAllTags } from '../tags/tags.ts';
import { noSuchVersion, notAllowed } from './faults.ts';
import { type DocumentRow, lockedDocument, versionRow } from './find.ts';
import { refuseShipped } from './ownership.ts';

/** Whether an association runs a document, which then cannot be deleted. */
export type IsAssociated = (call: Call, name: string) => Promise<boolean>;

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteDocument.html */
export async function deleteDocument(
  call: Call,
  input: DeleteDocumentRequest,
  isAssociated: IsAssociated,
): Promise<object> {
  const { Name: name = '', DocumentVersion, VersionName } = input;
  refuseShipped(name);
  const isWhole = DocumentVersion === undefined && VersionName === undefined;
  await call.db.transaction(async (tx) => {
    const row = await lockedDocument(tx, call.account, name);
    if (row.documentType === 'ApplicationConfigurationSchema' && input.Force !== true)
      throw notAllowed('A document of type ApplicationConfigurationSchema is only deleted with Force.');
    if (!isWhole) return deleteVersion(tx, row, { DocumentVersion, VersionName });
    await refuseShared(tx, row);
    if (await isAssociated({ ...call, db: tx }, name))
      throw new AwsError(
        'AssociatedInstances',
        'You must disassociate a document from all managed nodes before you can delete it.',
      );
    await tx.delete(document).where(and(eq(document.account, row.account), eq(document.name, row.name)));
    await deleteAllTags(tx, call.account, 'Document', name);
  });
  return {};
}

async function refuseShared(tx: Database, { account, name }: DocumentRow): Promise<void> {
  const [share] = await tx
    .select({ one: sql`1` })
    .from(documentShare)
    .where(and(eq(documentShare.account, account), eq(documentShare.name, name)))
    .limit(1);
  if (share !== undefined) throw notAllowed('Must unshare document first before delete');
}

async function deleteVersion(
  tx: Database,
  row: DocumentRow,
  choice: { DocumentVersion: string | undefined; VersionName: string | undefined },
): Promise<void> {
  const version = await versionRow(tx, row, choice);
  if (version === null) throw noSuchVersion();
  if (version.version === row.defaultVersion) throw notAllowed("Default version of the document can't be deleted.");
  const ofDocument = and(eq(documentVersion.account, row.account), eq(documentVersion.name, row.name));
  await tx.delete(documentVersion).where(and(ofDocument, eq(documentVersion.version, version.version)));
  const [rest] = await tx
    .select({ latest: max(documentVersion.version) })
    .from(documentVersion)
    .where(ofDocument);
  await tx
    .update(document)
    .set({ latestVersion: rest?.latest ?? row.defaultVersion })
    .where(and(eq(document.account, row.account), eq(document.name, row.name)));
}
