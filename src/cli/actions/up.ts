import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccessKey, listAccessKeys } from '../../control/access-keys/access-keys.ts';
import { loadKnowledge } from '../../control/patch-manager/advisory-sources.ts';
import { kintsugiHome } from '../../control/patch-manager/home.ts';
import type { Knowledge } from '../../core/advisories/types.ts';
import { EXIT, type ExitCode, KintsugiError } from '../../core/errors.ts';
import { ACCOUNT, runServer, type Server } from '../../gateway/run-server.ts';
import { quote } from '../../platforms/apt/shell.ts';
import type { UpOptions } from '../commands/server-options.ts';

/** Runs the server until SIGTERM or SIGINT. */
export async function runUp(options: UpOptions): Promise<ExitCode> {
  if ((options.tlsKey === undefined) !== (options.tlsCert === undefined)) {
    throw new KintsugiError('Usage', '--tls-key and --tls-cert go together.');
  }
  const tls =
    options.tlsKey === undefined || options.tlsCert === undefined
      ? undefined
      : { key: readPem(options.tlsKey), cert: readPem(options.tlsCert) };
  const isLocal = options.host === 'localhost' || options.host === '::1' || /^127\./.test(options.host);
  if (!isLocal && tls === undefined && !options.allowHttp) {
    throw new KintsugiError('Usage', `Listening at ${options.host} without TLS would send credentials in clear.`, {
      advice: 'Give --tls-key and --tls-cert, or --allow-http where something in front of it does TLS.',
    });
  }
  const home = kintsugiHome();
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const server = await runServer({
    home,
    databaseUrl: process.env.DATABASE_URL || null,
    host: options.host,
    port: options.port,
    region: options.region,
    publicUrl: options.publicUrl ?? null,
    ...(tls === undefined ? {} : { tls }),
    log: { level: 'warn', stream: process.stderr },
    knowledge: advisoryKnowledge,
    onError: (error) => {
      process.stderr.write(`kintsugi: ${error instanceof Error ? error.message : String(error)}\n`);
    },
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') {
      throw new KintsugiError('Usage', `Something listens at ${options.host}:${options.port} already.`, {
        advice: 'Is it Kintsugi? Else give another port with --port.',
      });
    }
    throw error;
  });
  try {
    const told = await profile(server, home, options.region);
    // Said once it is true: whoever waits for this line may use the profile, and all that can fail the start is over.
    process.stdout.write(`Kintsugi serves Systems Manager at ${server.url} (region ${options.region}).\n${told}`);
    await untilSignal();
    process.stderr.write('kintsugi: stopping\n');
    return EXIT.ok;
  } finally {
    await server.close();
  }
}

/** What the advisory files of the data directory say, read once. */
let reading: Promise<Knowledge> | null = null;
function advisoryKnowledge(): Promise<Knowledge> {
  const folder = join(kintsugiHome(), 'advisories');
  reading ??= loadKnowledge(existsSync(folder) ? [folder] : []).then(({ knowledge }) => knowledge);
  return reading;
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new KintsugiError('Usage', `${file} cannot be read: ${(error as Error).message}`);
  }
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}

/**
 * The first start makes a key for its admin and a profile that the AWS CLI reads; later ones find it. The secret is
 * shown by no later start: it is in the credentials file alone, and encrypted in the store.
 */
async function profile(server: Server, home: string, region: string): Promise<string> {
  const config = join(home, 'aws-config');
  const credentials = join(home, 'aws-credentials');
  const again = `AWS_CONFIG_FILE=${quote(config)} AWS_SHARED_CREDENTIALS_FILE=${quote(credentials)} AWS_PROFILE=kintsugi`;
  let shown = '';
  const keys = await listAccessKeys(server.store.db, ACCOUNT);
  if (!existsSync(credentials) && !keys.some(({ role, revokedAt }) => role === 'admin' && revokedAt === null)) {
    const key = await createAccessKey(server.store.db, server.sealer, {
      account: ACCOUNT,
      role: 'admin',
      description: 'made at the first start',
      now: new Date(),
    });
    write(
      credentials,
      `[kintsugi]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`,
    );
    shown = `\nThe admin's key, shown this once (it is also in ${credentials}):\n  access key id      ${key.accessKeyId}\n  secret access key  ${key.secretAccessKey}\n`;
  }
  write(config, `[profile kintsugi]\nregion = ${region}\nendpoint_url = ${server.url}\n`);
  if (!existsSync(credentials))
    return `${shown}\nIts keys were made elsewhere: \`kintsugi keys create --role admin\` makes another.\n`;
  return `${shown}\nTry:\n  export ${again}\n  aws ssm describe-patch-baselines --endpoint-url ${server.url}\n`;
}

/** Whole or not at all, and for its owner alone. */
function write(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
