import { spawn } from 'node:child_process';

/** How a script came out. `code` is null when it was ended by a signal. */
export interface ScriptOutcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** More output than the limit came: the rest was dropped, and the script ended. */
  readonly tooLong: boolean;
}

export interface RunOptions {
  readonly timeoutMs: number;
  /** Called with each piece of standard error, for progress. */
  readonly onStderr?: (text: string) => void;
  /** Ends the process as its time limit would. */
  readonly signal?: AbortSignal;
}

/** A machine can be hostile: what it says is bounded. A fleet's largest inventories are about 2 MB. */
const OUTPUT_LIMIT = 64 * 1024 * 1024;

/**
 * Runs `command` with a script on its standard input. The script is never a part of a command line, so that neither
 * its size nor its secrets show there. At the time limit the process gets SIGTERM, five seconds later SIGKILL: only
 * for scripts that may be ended anywhere, which an install never is.
 */
export function runScript(command: readonly string[], script: string, options: RunOptions): Promise<ScriptOutcome> {
  const [file, ...args] = command;
  if (file === undefined) throw new Error('no command');
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment() });
    const out: Buffer[] = [];
    let size = 0;
    let err = '';
    let timedOut = false;
    let tooLong = false;
    let hard: NodeJS.Timeout | undefined;
    // What the process started may live on with the pipes open: nobody waits for that.
    const leave = () => {
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const end = () => {
      if (hard !== undefined) return;
      if (child.exitCode !== null || child.signalCode !== null) return leave();
      child.once('exit', leave);
      child.kill('SIGTERM');
      hard = setTimeout(() => child.kill('SIGKILL'), 5000);
    };
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, options.timeoutMs);
    options.signal?.addEventListener('abort', end, { once: true });
    child.once('close', () => options.signal?.removeEventListener('abort', end));
    child.stdout.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size <= OUTPUT_LIMIT) out.push(piece);
      else if (!tooLong) {
        tooLong = true;
        end();
      }
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      if (err.length < 65_536) err += piece;
      options.onStderr?.(piece);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      clearTimeout(hard);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      clearTimeout(hard);
      resolve({ code, signal, stdout: Buffer.concat(out).toString('utf8'), stderr: err, timedOut, tooLong });
    });
    // A process that ends without reading its script closes the pipe; its exit code tells what happened.
    child.stdin.on('error', () => {});
    child.stdin.end(script);
  });
}

/** Starts a command in a session of its own with a short script on its standard input, and does not wait for it. */
export function launchScript(command: readonly string[], script: string): Promise<void> {
  const [file, ...args] = command;
  if (file === undefined) throw new Error('no command');
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: environment() });
    child.on('error', reject);
    child.on('spawn', () => {
      child.stdin.on('error', () => {});
      child.stdin.end(script, resolve);
      child.unref();
    });
  });
}

/** They lead apt, dpkg, tar and the tools of the shell to other files, or to other answers. */
const MISLEADING: ReadonlySet<string> = new Set([
  ...['APT_CONFIG', 'DPKG_ADMINDIR', 'DPKG_ROOT', 'DPKG_FORCE', 'DPKG_DATADIR', 'TAR_OPTIONS'],
  ...['POSIXLY_CORRECT', 'GREP_OPTIONS', 'BLOCK_SIZE', 'BLOCKSIZE', 'DF_BLOCK_SIZE', 'LS_BLOCK_SIZE'],
]);

/** The environment of the operator, less what would change the answer of the tools. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !MISLEADING.has(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C.UTF-8' };
}
