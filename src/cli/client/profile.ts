import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Endpoint, parseEndpoint } from '../../agent/endpoint.ts';
import type { Keys } from '../../agent/sign.ts';
import { KintsugiError } from '../../core/errors.ts';

/** Which server is asked, and as whom. */
export interface ServerProfile {
  readonly endpoint: Endpoint;
  readonly region: string;
  readonly keys: Keys;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Section = Readonly<Record<string, string>>;

const USUAL_ENDPOINT = 'http://127.0.0.1:8420';
const USUAL_REGION = 'us-east-1';

/**
 * The profile of a client: the AWS_* variables that the AWS CLI takes, where they are set, else the files that
 * `kintsugi up` writes into the data directory (profile `kintsugi`). Errors: NoCredentials, Usage.
 * https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
 */
export function serverProfile(home: string, environment: Environment): ServerProfile {
  const given = (name: string) => environment[name] || undefined;
  const profile = given('AWS_PROFILE') ?? 'kintsugi';
  const files = {
    config: given('AWS_CONFIG_FILE') ?? join(home, 'aws-config'),
    credentials: given('AWS_SHARED_CREDENTIALS_FILE') ?? join(home, 'aws-credentials'),
  };
  const config = section(files.config, `profile ${profile}`);
  const address = given('AWS_ENDPOINT_URL') ?? config.endpoint_url ?? USUAL_ENDPOINT;
  const bundle = given('AWS_CA_BUNDLE') ?? config.ca_bundle;
  return {
    // Signed requests hold no secret, and the server itself decides whether it listens without TLS.
    endpoint: { url: parseEndpoint(address, true), ca: bundle === undefined ? null : readBundle(bundle) },
    region: given('AWS_REGION') ?? given('AWS_DEFAULT_REGION') ?? config.region ?? USUAL_REGION,
    keys: keysFrom(given) ?? keysIn(section(files.credentials, profile)) ?? noKeys(files.credentials, profile),
  };
}

function keysFrom(given: (name: string) => string | undefined): Keys | null {
  const accessKeyId = given('AWS_ACCESS_KEY_ID');
  const secretAccessKey = given('AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined || secretAccessKey === undefined) return null;
  return { accessKeyId, secretAccessKey, sessionToken: given('AWS_SESSION_TOKEN') };
}

function keysIn(credentials: Section): Keys | null {
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = credentials;
  if (!accessKeyId || !secretAccessKey) return null;
  return { accessKeyId, secretAccessKey, sessionToken: credentials.aws_session_token };
}

function noKeys(file: string, profile: string): never {
  throw new KintsugiError('NoCredentials', `There are no keys for the server: no [${profile}] in ${file}.`);
}

/** One section of an INI file as the AWS CLI writes it; empty where file or section is not there. */
function section(file: string, name: string): Section {
  const found: Record<string, string> = {};
  let isOpen = false;
  for (const line of readText(file).split('\n')) {
    const head = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line)?.[1];
    if (head !== undefined) isOpen = head === name;
    const [, key, value] = /^([a-z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isOpen && key !== undefined && value !== undefined) found[key] = value;
  }
  return found;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new KintsugiError('Permission', `${file} cannot be read: ${(error as Error).message}`, {
      advice: 'Run it as the user that the server runs as.',
    });
  }
}

function readBundle(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new KintsugiError('Usage', `The certificates in ${file} cannot be read: ${(error as Error).message}`);
  }
}
