import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccessKey } from '../src/control/access-keys/access-keys.ts';
import { EMPTY_KNOWLEDGE } from '../src/core/advisories/knowledge.ts';
import { ACCOUNT, runServer } from '../src/gateway/run-server.ts';

/**
 * A whole server as a process of its own, for tests that kill it: `bake-server-process.ts HOME PORT`. Its profile is
 * written where the command line finds it.
 */
const [home = '', port = ''] = process.argv.slice(2);
const server = await runServer({
  ...{ home, databaseUrl: null, host: '127.0.0.1', port: Number(port), region: 'us-east-1', publicUrl: null },
  knowledge: async () => EMPTY_KNOWLEDGE,
  onError: (error) => process.stderr.write(`${error}\n`),
});
const key = await createAccessKey(server.store.db, server.sealer, { account: ACCOUNT, role: 'admin', now: new Date() });
writeFileSync(join(home, 'aws-config'), `[profile kintsugi]\nregion = us-east-1\nendpoint_url = ${server.url}\n`);
const secrets = `aws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`;
writeFileSync(join(home, 'aws-credentials'), `[kintsugi]\n${secrets}`, { mode: 0o600 });
process.on('SIGTERM', () => void server.close().then(() => process.exit(0)));
process.stdout.write('running\n');
