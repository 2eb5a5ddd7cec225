import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Outcome, run } from '../lab/command.ts';
import type { ScanReport } from '../src/core/compliance/types.ts';

export const BIN = join(import.meta.dirname, '../bin/kintsugi');

/** The command line as a user has it, with a home of its own that goes with the test. */
export interface Kintsugi {
  readonly home: string;
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Outcome>;
  /** `scan --json` and what it answered. Throws where that is no report. */
  readonly scan: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Scanned>;
  /** `patch --json`, the same. */
  readonly patch: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Patched>;
  /** Starts it and does not wait. */
  readonly start: (args: readonly string[], env?: Readonly<Record<string, string>>) => Started;
}

export interface Scanned {
  readonly exit: number | null;
  readonly report: ScanReport;
}

export interface Patched {
  readonly exit: number | null;
  readonly outcome: PatchOutcome;
}

/** What `patch --json` prints, as far as the tests ask for it. */
export interface PatchOutcome {
  readonly repair: 'none' | 'needed' | 'done';
  readonly plan: readonly {
    readonly step: number;
    readonly name: string;
    readonly architecture: string;
    readonly from: string | null;
    readonly to: string | null;
    readonly chosen: boolean;
  }[];
  readonly leftOut: readonly { readonly name: string; readonly reason: string; readonly detail: string }[];
  readonly run: { readonly id: string; readonly result: string; readonly detail: string; readonly log: string } | null;
  readonly changes: readonly {
    readonly name: string;
    readonly from: string | null;
    readonly to: string | null;
    readonly planned: boolean;
  }[];
  readonly conffilesKept: readonly { readonly name: string; readonly path: string }[];
  readonly after: ScanReport | null;
  readonly error: { readonly code: string; readonly message: string; readonly advice: string } | null;
}

export interface Started {
  readonly child: ChildProcess;
  /** Resolves once its output, standard error included, matches; throws where it ends before. */
  readonly until: (pattern: RegExp) => Promise<void>;
  readonly ended: Promise<Outcome>;
}

export async function kintsugi(t: Pick<TestContext, 'after'>): Promise<Kintsugi> {
  const home = await mkdtemp(join(tmpdir(), 'kintsugi-home-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const ask: Kintsugi['run'] = (args, env) => run([BIN, ...args], { env: { KINTSUGI_HOME: home, ...env } });
  return {
    home,
    run: ask,
    scan: async (args, env) => {
      const { status, stdout, stderr } = await ask(['scan', '--json', ...args], env);
      return { exit: status, report: answer(stdout, stderr, 'patches') };
    },
    patch: async (args, env) => {
      const { status, stdout, stderr } = await ask(['patch', '--json', ...args], env);
      return { exit: status, outcome: answer(stdout, stderr, 'plan') };
    },
    start: (args, env) => start(args, { KINTSUGI_HOME: home, ...env }),
  };
}

function answer<T>(stdout: string, stderr: string, key: string): T {
  const value: unknown = stdout.startsWith('{') ? JSON.parse(stdout) : null;
  if (typeof value === 'object' && value !== null && key in value) return value as T;
  throw new Error(`no answer with ${key}: ${stdout}${stderr}`);
}

function start(args: readonly string[], env: Readonly<Record<string, string>>): Started {
  const child = spawn(BIN, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, ...env } });
  let stdout = '';
  let stderr = '';
  let hasEnded = false;
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    stdout += piece;
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    stderr += piece;
  });
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      hasEnded = true;
      resolve({ status, stdout, stderr });
    });
  });
  const until = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(stdout) && !pattern.test(stderr)) {
      if (hasEnded) throw new Error(`ended before ${pattern}: ${stdout.slice(0, 500)} ${stderr}`);
      await sleep(20);
    }
  };
  return { child, until, ended };
}
