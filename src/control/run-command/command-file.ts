import { and, eq } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { commandFile } from '../../store/schema/commands.ts';
import type { LedInvocation } from './orchestration.ts';

/** Fetches the text behind an https or s3 address. Throws KintsugiError FetchRefused and FetchFailed. */
export type FetchFile = (address: string) => Promise<string>;

/**
 * The file that a parameter of a command names, fetched once for the whole command: a file that changes meanwhile must
 * not give one node other patches than the next, or a run that another server takes over than it began with.
 */
export async function commandFileOf(
  invocation: Pick<LedInvocation, 'db' | 'account' | 'commandId' | 'now'>,
  parameter: string,
  address: string,
  fetchFile: FetchFile,
): Promise<string> {
  const { db, account, commandId, now } = invocation;
  const key = { account, commandId, parameter };
  const known = await read(db, key);
  if (known !== null) return known;
  const content = await fetchFile(address);
  // PostgreSQL keeps no NUL; no list of patches has one.
  const row = { ...key, content: content.replaceAll('\0', '\ufffd'), fetchedAt: now() };
  await db.insert(commandFile).values(row).onConflictDoNothing();
  return (await read(db, key)) ?? row.content;
}

async function read(db: Database, key: { account: string; commandId: string; parameter: string }) {
  const [row] = await db
    .select({ content: commandFile.content })
    .from(commandFile)
    .where(
      and(
        eq(commandFile.account, key.account),
        eq(commandFile.commandId, key.commandId),
        eq(commandFile.parameter, key.parameter),
      ),
    );
  return row?.content ?? null;
}
