import type { ListDocumentsRequest, ListDocumentsResult } from '@aws-sdk/client-ssm';
import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import { document, documentShare, documentVersion } from '../../store/schema/documents.ts';
import type { Call } from '../call.ts';
import { pageOf } from '../paging.ts';
import { identify, ownTags } from './describe.ts';
import { documentFilter, type Listed } from './filters.ts';
import { shippedDocuments } from './shipped.ts';
import { shownName } from './view.ts';

/**
 * The documents that the account can use, in order of their names: its own, those that are shipped and those that
 * others share. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListDocuments.html
 */
export async function ListDocuments(call: Call, input: ListDocumentsRequest): Promise<ListDocumentsResult> {
  const keep = await documentFilter(call, input);
  const shipped = [...shippedDocuments().values()].map((view) => ({ ...view, isPublic: false }));
  const rows = [...shipped, ...(await storedDocuments(call))].filter(keep);
  const paging = {
    list: `documents ${JSON.stringify([input.Filters ?? [], input.DocumentFilterList ?? []])}`,
    size: 50,
    keyOf: (listed: Listed) => [listed.name, shownName(call, listed)],
  };
  const { items, ...next } = await pageOf(call, input, paging, rows);
  const DocumentIdentifiers = await Promise.all(
    items.map(async (listed) => identify(call, listed, await ownTags(call, listed))),
  );
  return { DocumentIdentifiers, ...next };
}

/** The default versions, without their contents: an account has at most 500 documents of 64 KB each. */
async function storedDocuments(call: Call): Promise<Listed[]> {
  const { content: _content, ...columns } = getTableColumns(documentVersion);
  const { documentType, defaultVersion, latestVersion } = document;
  const sharedWith = (account: string) =>
    sql<boolean>`EXISTS (SELECT 1 FROM ${documentShare} WHERE ${documentShare.account} = ${document.account}
      AND ${documentShare.name} = ${document.name} AND ${documentShare.sharedWith} = ${account})`;
  const rows = await call.db
    .select({ ...columns, documentType, defaultVersion, latestVersion, isPublic: sharedWith('all') })
    .from(document)
    .innerJoin(
      documentVersion,
      and(
        eq(documentVersion.account, document.account),
        eq(documentVersion.name, document.name),
        eq(documentVersion.version, document.defaultVersion),
      ),
    )
    .where(sql`${document.account} = ${call.account} OR ${sharedWith(call.account)} OR ${sharedWith('all')}`);
  return rows.map((row) => ({ ...row, orchestration: null }));
}
