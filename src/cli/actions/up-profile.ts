import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccessKey, listAccessKeys } from '../../control/access-keys/access-keys.ts';
import { ACCOUNT, type Server } from '../../gateway/run-server.ts';

/** What the AWS CLI finds the server with. */
export interface Profile {
  readonly config: string;
  readonly credentials: string;
  /** False where the admin's keys were made elsewhere, or were revoked. */
  readonly hasCredentials: boolean;
  /** The key of the first start; no later one shows it. */
  readonly fresh: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
}

/**
 * The first start makes a key for its admin and a profile that the AWS CLI reads; later ones find it. The secret is in
 * the credentials file alone, and encrypted in the store.
 */
export async function makeProfile(server: Server, home: string, region: string, endpoint: string): Promise<Profile> {
  const config = join(home, 'aws-config');
  const credentials = join(home, 'aws-credentials');
  let fresh: Profile['fresh'] = null;
  const keys = await listAccessKeys(server.store.db, ACCOUNT);
  if (!existsSync(credentials) && !keys.some(({ role, revokedAt }) => role === 'admin' && revokedAt === null)) {
    const { accessKeyId, secretAccessKey } = await createAccessKey(server.store.db, server.sealer, {
      account: ACCOUNT,
      role: 'admin',
      description: 'made at the first start',
      now: new Date(),
    });
    write(credentials, `[kintsugi]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`);
    fresh = { accessKeyId, secretAccessKey };
  }
  write(
    config,
    `[profile kintsugi]\nregion = ${region}\nendpoint_url = ${endpoint}\ndisable_host_prefix_injection = true\n`,
  );
  return { config, credentials, hasCredentials: existsSync(credentials), fresh };
}

/** Whole or not at all, and for its owner alone. */
function write(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
