import { Worker } from 'node:worker_threads';
import { AwsError } from '../../core/aws-error.ts';

/** Patterns that people write are done in microseconds; only one that backtracks without an end meets this. */
const LIMIT_MS = 1000;

const CHECK = `
  const { parentPort, workerData: { pattern, flags, value } } = require('node:worker_threads');
  parentPort.postMessage('started');
  parentPort.postMessage(new RegExp(pattern, flags).test(value));
`;

/**
 * Throws ParameterPatternMismatchException unless the whole value matches, and InvalidAllowedPatternException for a
 * pattern that is none or that takes too long. It runs in a thread of its own, which is ended at the time limit: a
 * pattern like `(a+)+$` would otherwise stop the server.
 */
export async function checkAllowedPattern(pattern: string, value: string): Promise<void> {
  const outcome = await matches(pattern, flagsOf(pattern), value);
  if (outcome === 'no answer')
    throw new AwsError('InvalidAllowedPatternException', `The pattern takes too long to check: ${pattern}`);
  if (!outcome) {
    const message = `Parameter value, cannot be validated against allowedPattern: ${pattern}`;
    throw new AwsError('ParameterPatternMismatchException', message);
  }
}

/** `\p{…}` needs the flag u, and an escape too many is only allowed without it. */
function flagsOf(pattern: string): 'u' | '' {
  const isUsable = (flags: string): boolean => {
    try {
      new RegExp(pattern, flags);
      return true;
    } catch {
      return false;
    }
  };
  if (!pattern.includes('\0') && isUsable('u')) return 'u';
  if (!pattern.includes('\0') && isUsable('')) return '';
  throw new AwsError('InvalidAllowedPatternException', `The pattern is not a regular expression: ${pattern}`);
}

function matches(pattern: string, flags: string, value: string): Promise<boolean | 'no answer'> {
  const { promise, resolve } = Promise.withResolvers<boolean | 'no answer'>();
  const workerData = { pattern: `^(?:${pattern})$`, flags, value };
  const worker = new Worker(CHECK, { eval: true, workerData, env: {}, resourceLimits: { maxOldGenerationSizeMb: 64 } });
  let timer: NodeJS.Timeout | undefined;
  worker.on('message', (message: 'started' | boolean) => {
    if (message !== 'started') return resolve(message);
    timer = setTimeout(() => resolve('no answer'), LIMIT_MS);
  });
  // Too big to compile, or out of memory.
  worker.on('error', () => resolve('no answer'));
  worker.on('exit', () => resolve('no answer'));
  return promise.finally(async () => {
    clearTimeout(timer);
    await worker.terminate();
  });
}
