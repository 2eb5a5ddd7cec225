import type {
  DescribeDocumentPermissionRequest,
  DescribeDocumentPermissionResponse,
  ModifyDocumentPermissionRequest,
} from '@aws-sdk/client-ssm';
import { and, asc, eq, inArray, ne, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { documentShare } from '../../store/schema/documents.ts';
import type { Call } from '../call.ts';
import { pageOf } from '../paging.ts';
import { noSuchDocument } from './faults.ts';
import { type DocumentRow, documentRow, lockedDocument } from './find.ts';
import { refuseShipped } from './ownership.ts';

const MAX_ACCOUNTS = 1000;
const MAX_PUBLIC_DOCUMENTS = 5;

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeDocumentPermission.html */
export async function DescribeDocumentPermission(
  call: Call,
  input: DescribeDocumentPermissionRequest,
): Promise<DescribeDocumentPermissionResponse> {
  const { Name: name = '' } = input;
  refuseShipped(name);
  const row = await documentRow(call.db, call.account, name);
  if (row === null) throw noSuchDocument();
  const shares = await call.db
    .select({ AccountId: documentShare.sharedWith, SharedDocumentVersion: documentShare.sharedVersion })
    .from(documentShare)
    .where(ofDocument(row))
    .orderBy(asc(documentShare.sharedWith));
  const paging = {
    list: `document permission ${name}`,
    size: 200,
    keyOf: (share: { AccountId: string }) => [share.AccountId],
  };
  const { items, ...next } = await pageOf(call, input, paging, shares);
  return { AccountIds: items.map(({ AccountId }) => AccountId), AccountSharingInfoList: items, ...next };
}

/**
 * A document is shared with everybody or with a group of accounts, never with both; of one that is added and removed
 * the removal holds. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ModifyDocumentPermission.html
 */
export async function ModifyDocumentPermission(call: Call, input: ModifyDocumentPermissionRequest): Promise<object> {
  const { Name: name = '', SharedDocumentVersion: version } = input;
  refuseShipped(name, 'InvalidDocument');
  const removed = accountsOf(input.AccountIdsToRemove);
  const added = accountsOf(input.AccountIdsToAdd).filter((id) => !removed.includes(id));
  if (removed.length === 0 && added.length === 0)
    throw new AwsError('ValidationException', 'AccountIdsToAdd or AccountIdsToRemove must name an account.');
  await call.db.transaction(async (tx) => {
    // Two documents made public at the same time must not pass the limit together.
    await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`documents ${call.account}`}, 0))`);
    const row = await lockedDocument(tx, call.account, name);
    if (removed.length > 0)
      await tx.delete(documentShare).where(and(ofDocument(row), inArray(documentShare.sharedWith, removed)));
    if (added.length === 0) return;
    const others = added.includes('all') ? ne(documentShare.sharedWith, 'all') : eq(documentShare.sharedWith, 'all');
    await tx.delete(documentShare).where(and(ofDocument(row), others));
    const shared = { account: call.account, name, sharedVersion: sharedVersionOf(version) };
    await tx
      .insert(documentShare)
      .values(added.map((sharedWith) => ({ ...shared, sharedWith })))
      .onConflictDoUpdate({
        target: [documentShare.account, documentShare.name, documentShare.sharedWith],
        set: { sharedVersion: sql`excluded.shared_version` },
      });
    await refuseTooMany(tx, row);
  });
  return {};
}

function accountsOf(written: readonly string[] | undefined): string[] {
  const accounts = [...new Set((written ?? []).map((id) => id.toLowerCase()))];
  if (accounts.includes('all') && accounts.length > 1)
    throw new AwsError('DocumentPermissionLimit', 'Accounts can either be all or a group of AWS accounts');
  return accounts;
}

function sharedVersionOf(written: string | undefined): '$LATEST' | '$DEFAULT' | '$ALL' {
  return written === '$LATEST' || written === '$ALL' ? written : '$DEFAULT';
}

async function refuseTooMany(tx: Database, row: DocumentRow): Promise<void> {
  const [count] = await tx
    .select({
      accounts: sql<number>`count(*) FILTER (WHERE ${documentShare.name} = ${row.name})::int`,
      open: sql<number>`count(*) FILTER (WHERE ${documentShare.sharedWith} = 'all')::int`,
    })
    .from(documentShare)
    .where(eq(documentShare.account, row.account));
  const message =
    (count?.accounts ?? 0) > MAX_ACCOUNTS
      ? `A document can be shared with at most ${MAX_ACCOUNTS} accounts.`
      : (count?.open ?? 0) > MAX_PUBLIC_DOCUMENTS
        ? `At most ${MAX_PUBLIC_DOCUMENTS} documents can be shared publicly.`
        : null;
  if (message !== null) throw new AwsError('DocumentPermissionLimit', message);
}

function ofDocument({ account, name }: DocumentRow) {
  return and(eq(documentShare.account, account), eq(documentShare.name, name));
}
