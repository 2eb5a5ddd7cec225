import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { advisoryFolder, knowledgeOf } from '../../control/patch-manager/advisory-folder.ts';
import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { EXIT, type ExitCode, KintsugiError } from '../../core/errors.ts';
import { faultMessage } from '../../core/fault-message.ts';
import { runServer, type Server, type ServerOptions } from '../../gateway/run-server.ts';
import { isOnPath } from '../../platforms/targets/on-path.ts';
import type { UpOptions } from '../commands/server-options.ts';
import { readyText } from '../formats/up-text.ts';
import type { KeptAgent } from '../own-node/keep-agent.ts';
import { startProgress } from '../progress.ts';
import { knownLimit, type OwnNodePlan, ownNodePlan, runOwnNode } from './up-node.ts';
import { makeProfile } from './up-profile.ts';

const WILDCARDS = new Set(['0.0.0.0', '::', '']);

/** Runs the server until SIGTERM or SIGINT, and this machine's agent with it. */
export async function runUp(options: UpOptions): Promise<ExitCode> {
  const tls = tlsOf(options);
  const isLocal = options.host === 'localhost' || options.host === '::1' || /^127\./.test(options.host);
  if (!isLocal && tls === undefined && !options.allowHttp) {
    throw new KintsugiError('Usage', `Listening at ${options.host} without TLS would send credentials in clear.`, {
      advice: 'Give --tls-key and --tls-cert, or --allow-http where something in front of it does TLS.',
    });
  }
  if (WILDCARDS.has(options.host) && options.publicUrl === undefined) {
    const scheme = tls === undefined ? 'http' : 'https';
    throw new KintsugiError('Usage', `Nodes cannot reach a server at ${options.host}, which is every address.`, {
      advice: `Say where they find it: --public-url ${scheme}://${hostname()}:${options.port}`,
    });
  }
  const stopped = stopOnSignals();
  const home = kintsugiHome();
  const plan = nodePlan(options, home);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const isFirst = !existsSync(join(home, 'postgres')) && !process.env.DATABASE_URL;
  const starting = startProgress(isFirst ? 'making the store' : 'starting the store');
  const server = await start(options, home, tls, plan).finally(starting.stop);
  const { signal } = stopped;
  let agent: KeptAgent | null = null;
  let enrolling: Promise<void> = Promise.resolve();
  try {
    await tellReady(server, options, home);
    const kept = (one: KeptAgent) => {
      agent = one;
    };
    if (plan !== null && !signal.aborted) enrolling = runOwnNode(server, plan, kept, signal);
    else if (plan === null && options.node) process.stderr.write(`kintsugi: ${NO_APT}\n`);
    await raised(signal);
    process.stderr.write('kintsugi: stopping\n');
    return EXIT.ok;
  } finally {
    stopped.abort();
    await enrolling;
    // While the server still takes its last words.
    await (agent as KeptAgent | null)?.stop();
    await server.close();
  }
}

/** What stops it twice at once, such as a terminal's Ctrl-C that npm passes on as well, means one clean stop. */
const SAME_SIGNAL_MS = 2000;

/** A signal that comes after a while again ends a stop that hangs; the next start takes the PostgreSQL over. */
function stopOnSignals(): AbortController {
  const stopped = new AbortController();
  let first: number | null = null;
  const onSignal = () => {
    first ??= performance.now();
    stopped.abort();
    if (performance.now() - first > SAME_SIGNAL_MS) process.exit(EXIT.internal);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal);
  return stopped;
}

const NO_APT =
  'this machine has no dpkg and apt, so it is not enrolled as a node; the server works all the same for others.';

/** null where this machine is to be no node of its server, or can be none. */
function nodePlan({ node, allowPatching = false, region, json = false }: UpOptions, home: string): OwnNodePlan | null {
  if (allowPatching && !node)
    throw new KintsugiError('Usage', '--allow-patching is about the node that --no-node leaves out.');
  if (allowPatching && process.getuid?.() !== 0) {
    throw new KintsugiError('Permission', 'Only root can change packages: --allow-patching would promise too much.', {
      advice: 'Start it as root, or without --allow-patching: scans work as a plain user.',
    });
  }
  const hasApt = isOnPath('dpkg-query') && isOnPath('apt-get');
  return node && hasApt ? ownNodePlan(home, { region, allowPatching, json }) : null;
}

function tlsOf({ tlsKey, tlsCert }: UpOptions): ServerOptions['tls'] {
  if ((tlsKey === undefined) !== (tlsCert === undefined)) {
    throw new KintsugiError('Usage', '--tls-key and --tls-cert go together.');
  }
  return tlsKey === undefined || tlsCert === undefined ? undefined : { key: readPem(tlsKey), cert: readPem(tlsCert) };
}

async function start(
  options: UpOptions,
  home: string,
  tls: ServerOptions['tls'],
  plan: OwnNodePlan | null,
): Promise<Server> {
  const limit = plan === null ? null : await knownLimit(plan);
  const advisories = advisoryFolder(home, () => new Date());
  return runServer({
    home,
    databaseUrl: process.env.DATABASE_URL || null,
    host: options.host,
    port: options.port,
    region: options.region,
    publicUrl: options.publicUrl ?? null,
    ...(tls === undefined ? {} : { tls }),
    log: { level: 'warn', stream: process.stderr },
    knowledge: () => knowledgeOf(advisories),
    advisories,
    limit,
    allowImageHooks: options.allowImageHooks === true,
    httpTasks: { allowed: options.allowHttpTask ?? [] },
    downloads: { allowPrivate: options.allowPrivateDownloads === true },
    onError: (error) => {
      process.stderr.write(`kintsugi: ${faultMessage(error)}\n`);
    },
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') {
      throw new KintsugiError('Usage', `Something listens at ${options.host}:${options.port} already.`, {
        advice: 'Is it Kintsugi? Else give another port with --port.',
      });
    }
    throw error;
  });
}

async function tellReady(server: Server, options: UpOptions, home: string): Promise<void> {
  const { region, publicUrl } = options;
  // Clients on this machine: by the name of the certificate where there is one.
  const endpoint = server.url.startsWith('https:') ? (publicUrl ?? server.url) : server.localUrl;
  const profile = await makeProfile(server, home, region, endpoint);
  if (!options.json) {
    process.stdout.write(readyText(server.url, endpoint, region, profile));
    return;
  }
  const { config, credentials, hasCredentials } = profile;
  const files = { configFile: config, credentialsFile: hasCredentials ? credentials : null, profile: 'kintsugi' };
  const line = { event: 'ready', url: server.url, endpoint, region, home, pid: process.pid, ...files };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new KintsugiError('Usage', `${file} cannot be read: ${(error as Error).message}`);
  }
}

function raised(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
