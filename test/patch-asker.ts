import type { Call } from '../src/control/call.ts';
import { patchOperations } from '../src/control/patch-manager/operations.ts';
import type { FindPatchNode } from '../src/control/patch-manager/patch-nodes.ts';
import type { Answer } from './botocore.ts';
import { testDatabase } from './database.ts';
import { fakeCall, invoke } from './fake-call.ts';

/** Patch Manager over a database of one's own: asks its operations by name and keeps what they answered. */
export async function patchAsker(findNode: FindPatchNode = async () => null) {
  const store = await testDatabase();
  const operations = patchOperations({ findNode, snapshotUrl: (_, token) => `http://localhost/snapshots/${token}` });
  const answers: Answer[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes.
  const ask = async (operation: string, input: object, given: Partial<Call> = {}): Promise<any> => {
    const output = await invoke<object>(operations, operation, fakeCall(store.db, given), input);
    answers.push({ operation, output });
    return output;
  };
  return { ask, answers, db: store.db, dispose: store.dispose };
}

export const filter = (Key: string, ...Values: string[]) => ({ Key, Values });

/** Of Windows in us-east-1, as it is listed. */
export const WINDOWS_DEFAULT = 'arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-34fe5531a3f8534ba';

export const SMALL_BASELINE = {
  Name: 'MyPatchBaseline',
  GlobalFilters: { PatchFilters: [{ Key: 'CLASSIFICATION' as const, Values: ['Security'] }] },
};
