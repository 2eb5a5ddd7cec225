import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ApiPlace } from '../api.ts';

/**
 * The server that a fleet joins: as the `AWS_*` variables name it where they hold a key, else as the profile that
 * `kintsugi up` wrote into KINTSUGI_HOME. `endpoint` comes before both. Throws in words for the user.
 */
export function serverPlace(env: NodeJS.ProcessEnv, endpoint?: string): ApiPlace {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env;
  const home = env.KINTSUGI_HOME || join(homedir(), '.kintsugi');
  const config = read(join(home, 'aws-config'));
  if (id && secret) {
    const given = endpoint ?? env.AWS_ENDPOINT_URL_SSM ?? env.AWS_ENDPOINT_URL ?? field(config, 'endpoint_url');
    if (given === undefined) throw new Error('lab: which server? Give --endpoint URL, or set AWS_ENDPOINT_URL');
    const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || field(config, 'region') || 'us-east-1';
    const credentials = { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) };
    return { endpoint: checked(given), region, credentials };
  }
  const keys = read(join(home, 'aws-credentials'));
  const accessKeyId = field(keys, 'aws_access_key_id');
  const secretAccessKey = field(keys, 'aws_secret_access_key');
  const given = endpoint ?? field(config, 'endpoint_url');
  if (accessKeyId === undefined || secretAccessKey === undefined || given === undefined) {
    throw new Error(
      `lab: no server's profile is in ${home}: start one with \`bin/kintsugi up\`, or set KINTSUGI_HOME, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL`,
    );
  }
  return {
    endpoint: checked(given),
    region: field(config, 'region') ?? 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
  };
}

/** A lab sends credentials and gets commands that it runs as root: it talks to a server of the user's own alone. */
function checked(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error(`lab: '${endpoint}' is no address of a server`);
  if (/(^|\.)amazonaws\.com(\.cn)?$/.test(url.hostname))
    throw new Error('lab: this is AWS itself; a lab is for a server of Kintsugi');
  return url.origin;
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function field(text: string, name: string): string | undefined {
  return new RegExp(`^${name}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(text)?.[1];
}
