import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { backoffMs, sleep } from '../../agent/backoff.ts';
import type { StateFolder } from '../../agent/state-folder.ts';
import { EXIT } from '../../core/errors.ts';

const PROGRAM = join(import.meta.dirname, '..', 'agent-main.ts');
const LOG_BYTES = 1024 * 1024;
/** One that ran for so long was well: it is started again at once. */
const WELL_MS = 60_000;
const STOP_MS = 10_000;
const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface KeptAgent {
  /** Ends the agent and waits for that. Scripts that it has begun go on, and the next agent takes them up. */
  stop(): Promise<void>;
}

/**
 * Keeps an agent running in a process of its own for as long as this program lives: its standard input is a pipe that
 * the kernel closes with this process, whatever ends it. Neither a terminal's Ctrl-C nor settings and secrets of this
 * process reach it or its scripts.
 */
export function keepAgent(folder: StateFolder, logFile: string, onError: (text: string) => void): KeptAgent {
  const stopping = new AbortController();
  let child: ChildProcess | null = null;
  const live = async () => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const began = performance.now();
      child = start(folder, logFile);
      const end = await endOf(child);
      child = null;
      if (stopping.signal.aborted) return;
      failures = performance.now() - began > WELL_MS ? 1 : failures + 1;
      // The agent of a server that was killed may take a moment to notice.
      if (end !== EXIT.locked || failures > 3)
        onError(`The agent of this machine ended (${end}) and is started again; see ${logFile}.`);
      await sleep(backoffMs(failures, Math.random), stopping.signal);
    }
  };
  const living = live();
  return {
    stop: async () => {
      stopping.abort();
      const last = child;
      last?.kill('SIGTERM');
      const timer = setTimeout(() => last?.kill('SIGKILL'), STOP_MS);
      await living;
      clearTimeout(timer);
    },
  };
}

function start(folder: StateFolder, logFile: string): ChildProcess {
  if (existsSync(logFile) && statSync(logFile).size > LOG_BYTES) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a', 0o600);
  try {
    const args = [
      '--disable-warning=ExperimentalWarning',
      PROGRAM,
      'run',
      '--state',
      folder.path,
      '--until-stdin-ends',
    ];
    return spawn(process.execPath, args, {
      stdio: ['pipe', log, log],
      detached: true,
      cwd: '/',
      env: environment(),
    });
  } finally {
    closeSync(log);
  }
}

function environment(): NodeJS.ProcessEnv {
  const kept = ['HOME', 'LANG', 'TZ', 'NODE_COMPILE_CACHE', 'TMPDIR'];
  const found = kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { PATH: process.env.PATH ?? USUAL_PATH, ...Object.fromEntries(found) };
}

/** The exit code, or what ended it. */
function endOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'no exit code'));
    child.stdin?.on('error', () => {});
  });
}
