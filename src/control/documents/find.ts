import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { document, documentShare, documentVersion } from '../../store/schema/documents.ts';
import type { Call } from '../call.ts';
import { noSuchDocument, noSuchVersion } from './faults.ts';
import { shippedDocuments } from './shipped.ts';
import type { DocumentView } from './view.ts';

/** Which version an operation means; the default one where neither is given. */
export interface VersionChoice {
  readonly DocumentVersion?: string | undefined;
  readonly VersionName?: string | undefined;
}

export type DocumentRow = typeof document.$inferSelect;
export type VersionRow = typeof documentVersion.$inferSelect;

/** A document as a caller names it: `account` null stands for those that are shipped. */
interface Named {
  readonly account: string | null;
  readonly name: string;
}

const ARN = /^arn:[a-z-]+:ssm:[a-z0-9-]*:(\d{12})?:document\/([a-zA-Z0-9_\-.]{3,128})$/;

/**
 * A version of a document by name or ARN: the account's own, a shipped one, or one that another account shares.
 * Throws InvalidDocument or InvalidDocumentVersion.
 */
export async function findDocument(call: Call, nameOrArn: string, choice: VersionChoice = {}): Promise<DocumentView> {
  const { account, name } = named(call, nameOrArn);
  if (account === null) return shippedVersion(name, choice);
  const row = await documentRow(call.db, account, name);
  if (row === null) throw noSuchDocument();
  const shared = account === call.account ? '$ALL' : await sharedVersion(call, account, name);
  if (shared === null) throw noSuchDocument();
  const version = await versionRow(call.db, row, choice);
  const isVisible =
    shared === '$ALL' || version?.version === (shared === '$LATEST' ? row.latestVersion : row.defaultVersion);
  if (version === null || !isVisible) throw noSuchVersion();
  return asView(row, version);
}

function named(call: Call, written: string): Named {
  const [, account, inArn] = ARN.exec(written) ?? [];
  if (inArn !== undefined) return { account: account ?? null, name: inArn };
  return { account: shippedDocuments().has(written) ? null : call.account, name: written };
}

function shippedVersion(name: string, { DocumentVersion, VersionName }: VersionChoice): DocumentView {
  const shipped = shippedDocuments().get(name);
  if (shipped === undefined) throw noSuchDocument();
  const isThere = DocumentVersion === undefined || ['1', '$LATEST', '$DEFAULT'].includes(DocumentVersion);
  if (!isThere || VersionName !== undefined) throw noSuchVersion();
  return shipped;
}

export async function documentRow(db: Database, account: string, name: string): Promise<DocumentRow | null> {
  const [row] = await db
    .select()
    .from(document)
    .where(and(eq(document.account, account), eq(document.name, name)));
  return row ?? null;
}

/** The account's own document, locked for the rest of the transaction. Throws InvalidDocument. */
export async function lockedDocument(tx: Database, account: string, name: string): Promise<DocumentRow> {
  const [row] = await tx
    .select()
    .from(document)
    .where(and(eq(document.account, account), eq(document.name, name)))
    .for('update');
  if (row === undefined) throw noSuchDocument();
  return row;
}

export async function versionRow(db: Database, row: DocumentRow, choice: VersionChoice): Promise<VersionRow | null> {
  const number = versionNumber(row, choice);
  if (number === 'none') return null;
  const [found] = await db
    .select()
    .from(documentVersion)
    .where(
      and(
        eq(documentVersion.account, row.account),
        eq(documentVersion.name, row.name),
        number === null ? undefined : eq(documentVersion.version, number),
        choice.VersionName === undefined ? undefined : eq(documentVersion.versionName, choice.VersionName),
      ),
    );
  return found ?? null;
}

/** Null: only the name of the version counts. Numbers beyond what the database knows are none. */
function versionNumber(row: DocumentRow, { DocumentVersion, VersionName }: VersionChoice): number | null | 'none' {
  if (DocumentVersion === undefined) return VersionName === undefined ? row.defaultVersion : null;
  if (DocumentVersion === '$DEFAULT') return row.defaultVersion;
  if (DocumentVersion === '$LATEST') return row.latestVersion;
  const number = Number(DocumentVersion);
  return Number.isSafeInteger(number) && number > 0 && number <= row.lastVersion ? number : 'none';
}

/** Which versions of another account's document the caller may see; null: none. What is given to it alone goes first. */
async function sharedVersion(
  call: Call,
  account: string,
  name: string,
): Promise<'$LATEST' | '$DEFAULT' | '$ALL' | null> {
  const [share] = await call.db
    .select()
    .from(documentShare)
    .where(
      and(
        eq(documentShare.account, account),
        eq(documentShare.name, name),
        inArray(documentShare.sharedWith, [call.account, 'all']),
      ),
    )
    .orderBy(sql`${documentShare.sharedWith} = 'all'`)
    .limit(1);
  return share?.sharedVersion ?? null;
}

export function asView(row: DocumentRow, version: VersionRow): DocumentView {
  const { documentType, defaultVersion, latestVersion } = row;
  return { ...version, documentType, defaultVersion, latestVersion, orchestration: null };
}
