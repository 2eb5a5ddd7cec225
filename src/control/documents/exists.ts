import type { Call } from '../call.ts';
import { documentRow } from './find.ts';

/** Whether the account has a document of its own with this name: those carry tags. */
export async function documentExists(call: Call, name: string): Promise<boolean> {
  return (await documentRow(call.db, call.account, name)) !== null;
}
