import { spawn } from 'node:child_process';
import { KintsugiError } from '../../core/errors.ts';
import { TIED } from '../../platforms/targets/root.ts';

export interface ToolOptions {
  readonly timeoutMs: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Aborted: the program is ended. */
  readonly stop?: AbortSignal;
}

export interface ToolOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** What builders see: nothing of the operator's settings, whose secrets must not come to lie in an image. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
  HOME: '/root',
  TZ: 'UTC',
};
/** apt's way out where there is a proxy. */
const PROXIES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
const OUTPUT_LIMIT = 8 * 1024 * 1024;

/**
 * Runs a program of this machine, never through a shell; it ends when we do. Any exit code is an answer.
 * Throws BuilderMissing where there is no such program.
 */
export async function runTool(argv: readonly string[], options: ToolOptions): Promise<ToolOutcome> {
  const [file = '', ...args] = TIED;
  const proxies = PROXIES.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  const child = spawn(file, [...args, ...argv], {
    env: { ...ENVIRONMENT, ...Object.fromEntries(proxies), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, options.timeoutMs);
  const onStop = () => child.kill('SIGKILL');
  options.stop?.addEventListener('abort', onStop);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      if (said[name].length < OUTPUT_LIMIT) said[name] += piece;
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (status) => {
      // What it left behind may hold the pipes: after a time-out nobody waits for that.
      if (timedOut) resolve(status);
    });
    child.on('close', resolve);
  }).finally(() => {
    clearTimeout(timer);
    options.stop?.removeEventListener('abort', onStop);
  });
  if (code === 127 && /setpriv: failed to execute/.test(said.stderr)) {
    throw new KintsugiError('BuilderMissing', `The program ${argv[0]} is not installed on this machine.`);
  }
  return { code, ...said, timedOut };
}

/** Runs a program that has to succeed and answers its standard output. Throws BakeFailed, NoSpace, BuilderMissing. */
export async function mustRun(argv: readonly string[], options: ToolOptions): Promise<string> {
  const outcome = await runTool(argv, options);
  if (outcome.code === 0 && !outcome.timedOut) return outcome.stdout;
  throw toolError(argv[0] ?? '', outcome, options.timeoutMs);
}

/** The error of a program that failed, in the last words that it said. */
export function toolError(name: string, outcome: ToolOutcome, timeoutMs: number): KintsugiError {
  const said = `${outcome.stdout}\n${outcome.stderr}`;
  if (isNoSpace(said)) return noSpace(name);
  const why = outcome.timedOut
    ? `did not end within ${Math.round(timeoutMs / 1000)} seconds`
    : `ended with ${outcome.code ?? 'a signal'}`;
  const words = said.trim().split('\n').slice(-6).join('\n').slice(-1200);
  return new KintsugiError('BakeFailed', `${name} ${why}${words === '' ? '.' : `:\n${words}`}`);
}

export function isNoSpace(text: string): boolean {
  return /No space left on device|ENOSPC|Disk quota exceeded|You don't have enough free space|Could not allocate block/i.test(
    text,
  );
}

export function noSpace(what: string): KintsugiError {
  return new KintsugiError('NoSpace', `${what}: no space is left where the images are built.`, {
    advice:
      'No image was stored, and what was built was removed. Free space there, or set KINTSUGI_HOME to another disk.',
  });
}
