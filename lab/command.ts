import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';

export interface Outcome {
  /** Exit status; 128 + the signal's place is never invented: a killed command has `null`. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Milliseconds after which the command is killed; five minutes if not given. */
  readonly timeout?: number;
}

/** What every command of the lab sees: a plain locale, no questions, nothing of the caller's own settings. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
  HOME: '/root',
};

/** Runs a command, never through a shell, and waits for its end. Any exit status is an answer. */
export async function run(argv: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    env: { ...ENVIRONMENT, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeout ?? 300_000,
    killSignal: 'SIGKILL',
  });
  // A command that does not read its input closes the pipe early; its status tells the rest.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [status, stdout, stderr] = await Promise.all([ended, buffer(child.stdout), buffer(child.stderr)]);
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** Runs a command that has to succeed and answers its standard output; throws with the end of what it said. */
export async function must(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await run(argv, options);
  if (status === 0) return stdout;
  const said = `${stdout}\n${stderr}`.trim().slice(-2000);
  throw new Error(`lab: ${argv.join(' ')} ended with ${status ?? 'a signal'}\n${said}`);
}
