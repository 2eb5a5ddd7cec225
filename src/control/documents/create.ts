import type { CreateDocumentRequest, CreateDocumentResult } from '@aws-sdk/client-ssm';
import { eq, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { document, documentVersion } from '../../store/schema/documents.ts';
import type { Call } from '../call.ts';
import { putTags } from '../tags/tags.ts';
import { describeView } from './describe.ts';
import { asView } from './find.ts';
import { hashOf, outlineOf } from './view.ts';

const MAX_DOCUMENTS = 500;
/** AWS's reserved prefixes, and ours for what comes with the program. */
const RESERVED = /^(?:aws|amazon|amzn|kintsugi-)/i;

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html */
export async function CreateDocument(call: Call, input: CreateDocumentRequest): Promise<CreateDocumentResult> {
  const { Name: name = '', Content: content = '', DocumentFormat: format = 'JSON' } = input;
  refuseAttachments(input.Attachments);
  if (RESERVED.test(name))
    throw new AwsError(
      'ValidationException',
      `Document name ${name} begins with a reserved prefix: aws, amazon, amzn, kintsugi-.`,
    );
  const { type, ...outline } = outlineOf(content, format, input.DocumentType ?? null);
  const common = { account: call.account, name, author: call.principal.arn, createdAt: call.now };
  const row = { ...common, documentType: type, defaultVersion: 1, latestVersion: 1, lastVersion: 1 };
  const version = {
    ...common,
    ...outline,
    version: 1,
    versionName: input.VersionName ?? null,
    displayName: input.DisplayName ?? null,
    targetType: input.TargetType ?? null,
    documentFormat: format,
    content,
    hash: hashOf(content),
    requires: input.Requires ?? [],
    reviewStatus: type === 'Automation.ChangeTemplate' ? ('NOT_REVIEWED' as const) : null,
  };
  await call.db.transaction(async (tx) => {
    // Two callers at the limit must not pass it together.
    await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`documents ${call.account}`}, 0))`);
    const inserted = await tx.insert(document).values(row).onConflictDoNothing().returning({ name: document.name });
    if (inserted.length === 0) throw new AwsError('DocumentAlreadyExists', 'The specified document already exists.');
    const [count] = await tx
      .select({ documents: sql<number>`count(*)::int` })
      .from(document)
      .where(eq(document.account, call.account));
    if ((count?.documents ?? 0) > MAX_DOCUMENTS)
      throw new AwsError('DocumentLimitExceeded', `You can have at most ${MAX_DOCUMENTS} active SSM documents.`);
    await tx.insert(documentVersion).values(version);
    await putTags(tx, call.account, 'Document', name, input.Tags ?? []);
  });
  return { DocumentDescription: await describeView(call, asView(row, version)) };
}

/** Attachments are objects of S3 that AWS copies; nothing here could keep them. */
export function refuseAttachments(attachments: readonly unknown[] | undefined): void {
  if (attachments !== undefined && attachments.length > 0)
    throw new AwsError('ValidationException', 'This server keeps no attachments of documents.');
}
