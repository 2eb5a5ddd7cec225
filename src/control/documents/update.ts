import type {
  UpdateDocumentDefaultVersionRequest,
  UpdateDocumentDefaultVersionResult,
  UpdateDocumentRequest,
  UpdateDocumentResult,
} from '@aws-sdk/client-ssm';
import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { document, documentVersion } from '../../store/schema/documents.ts';
import type { Call } from '../call.ts';
import { refuseAttachments } from './create.ts';
import { describeView } from './describe.ts';
import { noSuchVersion, notAllowed } from './faults.ts';
import { asView, type DocumentRow, lockedDocument, type VersionRow, versionRow } from './find.ts';
import { refuseShipped } from './ownership.ts';
import { hashOf, outlineOf } from './view.ts';

const MAX_VERSIONS = 1000;

/**
 * Adds a version; the default one stays. Only the latest version can be built upon.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateDocument.html
 */
export async function UpdateDocument(call: Call, input: UpdateDocumentRequest): Promise<UpdateDocumentResult> {
  const { Name: name = '', Content: content = '', DocumentFormat: format = 'JSON' } = input;
  refuseShipped(name);
  refuseAttachments(input.Attachments);
  const view = await call.db.transaction(async (tx) => {
    const row = await lockedDocument(tx, call.account, name);
    const latest = await versionRow(tx, row, { DocumentVersion: '$LATEST' });
    const named = await versionRow(tx, row, { DocumentVersion: input.DocumentVersion ?? '$LATEST' });
    if (latest === null || named?.version !== latest.version) throw noSuchVersion();
    if (latest.schemaVersion === '1.2')
      throw notAllowed('Documents of schema version 1.2 cannot be updated.', 'InvalidDocumentSchemaVersion');
    const { type: _type, ...outline } = outlineOf(content, format, row.documentType);
    const hash = hashOf(content);
    const version: VersionRow = {
      ...latest,
      ...outline,
      version: row.lastVersion + 1,
      versionName: input.VersionName ?? null,
      displayName: input.DisplayName ?? latest.displayName,
      targetType: input.TargetType ?? latest.targetType,
      documentFormat: format,
      content,
      hash,
      author: call.principal.arn,
      createdAt: call.now,
      reviewStatus: latest.reviewStatus === null ? null : 'NOT_REVIEWED',
    };
    await refuseDuplicates(tx, row, version);
    await tx.insert(documentVersion).values(version);
    const numbers = { latestVersion: version.version, lastVersion: version.version };
    await tx.update(document).set(numbers).where(ofDocument(row));
    return asView({ ...row, ...numbers }, version);
  });
  return { DocumentDescription: await describeView(call, view) };
}

/** A content that only gets another target type is a new version all the same. */
async function refuseDuplicates(tx: Database, row: DocumentRow, version: VersionRow): Promise<void> {
  const others = await tx
    .select({
      hash: documentVersion.hash,
      targetType: documentVersion.targetType,
      versionName: documentVersion.versionName,
    })
    .from(documentVersion)
    .where(and(eq(documentVersion.account, row.account), eq(documentVersion.name, row.name)));
  if (others.length >= MAX_VERSIONS) {
    const message = 'The document has too many versions. Delete one or more document versions and try again.';
    throw new AwsError('DocumentVersionLimitExceeded', message);
  }
  if (version.versionName !== null && others.some(({ versionName }) => versionName === version.versionName))
    throw new AwsError('DuplicateDocumentVersionName', 'The specified version name is a duplicate.');
  if (others.some(({ hash, targetType }) => hash === version.hash && targetType === version.targetType)) {
    const message =
      'The content of the association document matches another document. Change the content of the document and try again.';
    throw new AwsError('DuplicateDocumentContent', message);
  }
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateDocumentDefaultVersion.html */
export async function UpdateDocumentDefaultVersion(
  call: Call,
  { Name: name = '', DocumentVersion = '' }: UpdateDocumentDefaultVersionRequest,
): Promise<UpdateDocumentDefaultVersionResult> {
  refuseShipped(name, 'InvalidDocument');
  return call.db.transaction(async (tx) => {
    const row = await lockedDocument(tx, call.account, name);
    const version = await versionRow(tx, row, { DocumentVersion });
    if (version === null) throw noSuchVersion();
    await tx.update(document).set({ defaultVersion: version.version }).where(ofDocument(row));
    const DefaultVersionName = version.versionName === null ? {} : { DefaultVersionName: version.versionName };
    return { Description: { Name: name, DefaultVersion: String(version.version), ...DefaultVersionName } };
  });
}

function ofDocument({ account, name }: DocumentRow) {
  return and(eq(document.account, account), eq(document.name, name));
}
