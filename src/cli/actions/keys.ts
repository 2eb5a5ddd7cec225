import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { createAccessKey, listAccessKeys, revokeAccessKey } from '../../control/access-keys/access-keys.ts';
import { recordAudit } from '../../control/audit/record.ts';
import { redact } from '../../control/audit/redact.ts';
import { KintsugiError } from '../../core/errors.ts';
import { visible } from '../../core/visible.ts';
import { ACCOUNT } from '../../gateway/run-server.ts';
import type { Database } from '../../store/database.ts';
import { flushOf } from '../../store/durable.ts';
import { openSealer } from '../../store/key-file.ts';
import type { KeysOptions } from '../commands/server-options.ts';
import { withStore } from './store.ts';

const LONGEST_DESCRIPTION = 256;

export async function createKey(options: KeysOptions): Promise<void> {
  const { role, description = '' } = options;
  if (role === undefined) throw new KintsugiError('Usage', '--role is missing.');
  if (description.length > LONGEST_DESCRIPTION || !description.isWellFormed())
    throw new KintsugiError('Usage', `--description may have at most ${LONGEST_DESCRIPTION} characters of Unicode.`);
  const key = await withStore(({ db }, home) =>
    recorded(db, 'CreateAccessKey', async (tx) => {
      const made = { account: ACCOUNT, role, description, now: new Date() };
      const key = await createAccessKey(tx, openSealer(home), made);
      return { answer: key, input: { accessKeyId: key.accessKeyId, role, description }, result: 'ok' };
    }),
  );
  const { accessKeyId, secretAccessKey } = key;
  if (options.json) process.stdout.write(`${JSON.stringify({ accessKeyId, secretAccessKey, role })}\n`);
  else
    process.stdout.write(
      `access key id      ${accessKeyId}\nsecret access key  ${secretAccessKey}\nrole               ${role}\n`,
    );
}

export async function listKeys(options: KeysOptions): Promise<void> {
  const keys = await withStore(({ db }) => listAccessKeys(db, ACCOUNT));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(keys)}\n`);
    return;
  }
  for (const key of keys) {
    const state = key.revokedAt === null ? 'valid' : `revoked ${key.revokedAt.toISOString().slice(0, 16)}`;
    process.stdout.write(`${key.accessKeyId}  ${key.role.padEnd(8)}  ${state}  ${visible(key.description)}\n`);
  }
}

export async function revokeKey(id: string): Promise<void> {
  const done = await withStore(({ db }) =>
    recorded(db, 'RevokeAccessKey', async (tx) => {
      const answer = await revokeAccessKey(tx, ACCOUNT, id, new Date());
      return { answer, input: { accessKeyId: id }, result: answer ? 'ok' : 'NoSuchEntity' };
    }),
  );
  if (!done) throw new KintsugiError('Usage', `There is no valid key ${JSON.stringify(id.slice(0, 128))}.`);
  process.stdout.write(`${visible(id)} is revoked.\n`);
}

interface Done<T> {
  readonly answer: T;
  readonly input: Record<string, unknown>;
  readonly result: string;
}

/** A change that is made on the machine of the server itself, with its entry in the audit log. */
async function recorded<T>(db: Database, operation: string, change: (tx: Database) => Promise<Done<T>>): Promise<T> {
  const done = await db.transaction(async (tx) => {
    const { answer, input, result } = await change(tx);
    await recordAudit(tx, {
      account: ACCOUNT,
      at: new Date(),
      principal: `local user ${userInfo().username}`,
      sourceIp: 'local',
      service: 'kintsugi',
      operation,
      requestId: randomUUID(),
      input: redact(input),
      result,
    });
    return answer;
  });
  await flushOf(db)();
  return done;
}
