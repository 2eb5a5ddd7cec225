import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { foldersBehindShims } from './behind-shims.ts';
import { processGroup } from './processor-time.ts';
import type { TestRecord } from './record.ts';

/** What one test file, or one check, came to. `said` is all that it printed. */
export interface FileResult {
  readonly path: string;
  readonly records: readonly TestRecord[];
  readonly said: string;
  readonly seconds: number;
  /** Of all that it started, user and system; null where that cannot be measured. */
  readonly processorSeconds: number | null;
}

interface Ended {
  readonly processorSeconds: number | null;
  readonly said: string;
  /** How it ended where that was not well: an exit status, a signal, the time-out. */
  readonly fault: string | undefined;
}

const ROOT = join(import.meta.dirname, '..');
const RECORDER = join(import.meta.dirname, 'record.ts');
const QUIET = '--disable-warning=ExperimentalWarning';

/** Processes that run now, each the leader of its own group. */
const running = new Set<number>();
let isEnding = false;
let shims: readonly string[] | undefined;

/**
 * Runs a test file in a process of its own and reads what became of each test. A file that crashes, is killed, ends
 * early or has no test at all adds one failure; at `timeout` milliseconds it is killed with all that it started.
 */
export async function runFile(path: string, timeout: number): Promise<FileResult> {
  const started = Date.now();
  const folder = await mkdtemp(join(tmpdir(), 'kintsugi-test-'));
  try {
    const output = join(folder, 'records');
    const options = [QUIET, `--test-reporter=${RECORDER}`, `--test-reporter-destination=${output}`];
    const argv = [process.execPath, ...options, join(ROOT, path)];
    const { fault, ...told } = await runInGroup(argv, timeout);
    const text = existsSync(output) ? await readFile(output, 'utf8') : '';
    const records = [...readRecords(text, fault)];
    return { path, records, ...told, seconds: (Date.now() - started) / 1000 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a command that checks something and counts it as one test. */
export async function runCheck(name: string, argv: readonly string[], timeout: number): Promise<FileResult> {
  const started = Date.now();
  const { fault, ...told } = await runInGroup(argv, timeout);
  const record: TestRecord = fault === undefined ? { kind: 'passed', name } : { kind: 'failed', name, why: fault };
  return { path: name, records: [record], ...told, seconds: (Date.now() - started) / 1000 };
}

/** Ends all that still runs and lets nothing new start, for when we are told to end ourselves. */
export async function endAll(): Promise<void> {
  isEnding = true;
  for (const pid of running) endGroup(pid);
  while (running.size > 0) await sleep(20);
}

function* readRecords(text: string, fault: string | undefined): Generator<TestRecord> {
  const lines = text.split('\n').slice(0, -1);
  const records = lines.map((line): TestRecord => JSON.parse(line));
  const tests = records.filter(({ kind }) => kind !== 'end');
  yield* tests;
  const hasFailure = tests.some(({ kind }) => kind === 'failed');
  const hasEnd = records.some(({ kind }) => kind === 'end');
  if (fault !== undefined && !(hasFailure && hasEnd)) yield { kind: 'failed', name: 'the whole file', why: fault };
  else if (tests.length === 0) yield { kind: 'failed', name: 'the whole file', why: 'ran no test' };
  else if (!hasEnd) yield { kind: 'failed', name: 'the whole file', why: 'ended before its last test' };
}

async function runInGroup(argv: readonly string[], timeout: number): Promise<Ended> {
  const group = processGroup();
  const ended = await runDetached(group?.enter(argv) ?? argv, timeout);
  return { ...ended, processorSeconds: (await group?.end()) ?? null };
}

function runDetached(argv: readonly string[], timeout: number): Promise<Omit<Ended, 'processorSeconds'>> {
  if (isEnding) return Promise.resolve({ said: '', fault: 'was not started: the run was ended' });
  const [file = '', ...args] = argv;
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  shims ??= foldersBehindShims();
  const PATH = [join(ROOT, 'node_modules/.bin'), ...shims, inherited.PATH].join(delimiter);
  // What Node makes of each source is kept for the next process, as bin/kintsugi does.
  const NODE_COMPILE_CACHE = inherited.NODE_COMPILE_CACHE || join(ROOT, 'node_modules/.cache/kintsugi');
  const env = { ...inherited, PATH, NODE_COMPILE_CACHE };
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const { pid } = child;
    const chunks: Buffer[] = [];
    let isLate = false;
    const bell = setTimeout(() => {
      isLate = true;
      if (pid !== undefined) endGroup(pid);
    }, timeout);
    if (pid !== undefined) running.add(pid);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    // What the file started and left running would keep its output open for ever, so it ends with the file.
    child.on('exit', () => pid !== undefined && endGroup(pid));
    child.on('close', (status, signal) => {
      clearTimeout(bell);
      if (pid !== undefined) running.delete(pid);
      const late = isLate ? `did not end within ${timeout / 1000} seconds` : undefined;
      const fault = late ?? (status === 0 ? undefined : `ended with ${signal ?? `exit status ${status}`}`);
      resolve({ said: Buffer.concat(chunks).toString(), fault });
    });
  });
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The whole group has ended by itself.
  }
}
