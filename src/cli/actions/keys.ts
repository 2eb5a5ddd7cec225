import { createAccessKey, listAccessKeys, revokeAccessKey } from '../../control/access-keys/access-keys.ts';
import { KintsugiError } from '../../core/errors.ts';
import { visible } from '../../core/visible.ts';
import { ACCOUNT } from '../../gateway/run-server.ts';
import { openSealer } from '../../store/key-file.ts';
import type { KeysOptions } from '../commands/server-options.ts';
import { withStore } from './store.ts';

export async function createKey(options: KeysOptions): Promise<void> {
  const { role } = options;
  if (role === undefined) throw new KintsugiError('Usage', '--role is missing.');
  const key = await withStore(({ db }, home) =>
    createAccessKey(db, openSealer(home), {
      account: ACCOUNT,
      role,
      description: options.description ?? '',
      now: new Date(),
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
  const done = await withStore(({ db }) => revokeAccessKey(db, ACCOUNT, id, new Date()));
  if (!done) throw new KintsugiError('Usage', `There is no valid key ${JSON.stringify(id.slice(0, 128))}.`);
  process.stdout.write(`${visible(id)} is revoked.\n`);
}
