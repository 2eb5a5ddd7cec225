import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CATALOGUE, type ErrorCode, KintsugiError } from '../../../core/errors.ts';
import type { DiskRecipe } from '../../../images/disk/recipe.ts';
import { TIED } from '../../../platforms/targets/root.ts';
import type { LoadedBaseline } from '../../patch-manager/baseline-source.ts';
import type { StepName } from './step-answers.ts';

/** One step, as the process that does it is told. */
export interface StepRequest {
  readonly step: StepName;
  readonly recipe: DiskRecipe;
  readonly work: string;
  readonly home: string;
  readonly baseline: LoadedBaseline | null;
  readonly bootTimeoutSeconds: number;
}

/** Does a step and answers its output. Throws what the step throws. Aborted: whatever it runs is ended first. */
export type RunStep = (request: StepRequest, signal: AbortSignal) => Promise<unknown>;

/** What the process answers as its last line. */
export type StepEnd = { readonly output: unknown } | { readonly error: ReturnType<KintsugiError['toJSON']> };

const PROGRAM = join(import.meta.dirname, 'step-main.ts');
const KEPT = ['HOME', 'LANG', 'TZ', 'NODE_COMPILE_CACHE', 'TMPDIR', 'http_proxy', 'https_proxy', 'no_proxy'];
const MOST_ANSWER = 64 * 1024 * 1024;
const MOST_WORDS = 4000;

/**
 * A step in a process of its own: to end that one ends all that it runs, since every program of a bake is tied to its
 * parent, and the kernel ends it with ours. It sees nothing of the server's settings and secrets.
 */
export const stepProcess: RunStep = async (request, signal) => {
  signal.throwIfAborted();
  const [file = '', ...tied] = TIED;
  const argv = [...tied, process.execPath, '--disable-warning=ExperimentalWarning', PROGRAM];
  const child = spawn(file, argv, { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', env: environment() });
  const onStop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', onStop);
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-MOST_WORDS);
  });
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(request));
  let last = '';
  let size = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    size += line.length;
    if (size > MOST_ANSWER) child.kill('SIGKILL');
    else last = line;
  });
  try {
    const code = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, killed) => resolve(status ?? killed));
    });
    signal.throwIfAborted();
    return endOf(request.step, last, `${code}: ${words.trim().split('\n').slice(-5).join('\n')}`);
  } finally {
    signal.removeEventListener('abort', onStop);
  }
};

function endOf(step: string, line: string, how: string): unknown {
  let end: StepEnd;
  try {
    end = JSON.parse(line) as StepEnd;
  } catch {
    throw new KintsugiError('BakeFailed', `${step} ended without an answer (${how}).`);
  }
  if (!('error' in end)) return end.output;
  const { code, message, advice, details } = end.error;
  const known: ErrorCode = Object.hasOwn(CATALOGUE, code) ? code : 'BakeFailed';
  throw new KintsugiError(known, message, { advice, ...(details && { details: { ...details } }) });
}

function environment(): NodeJS.ProcessEnv {
  const found = [...KEPT, ...KEPT.map((name) => name.toUpperCase())].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...Object.fromEntries(found) };
}
