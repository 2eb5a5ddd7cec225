import { execFile } from 'node:child_process';
import type { WholeServer } from './whole-server.ts';

/** `aws stepfunctions ARGS`; throws what it complained of. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
export function stepFunctionsOf({ env }: WholeServer): (...args: string[]) => Promise<any> {
  return (...args) =>
    new Promise((resolve, reject) => {
      const options = { env, encoding: 'utf8' as const, maxBuffer: 64 * 1024 * 1024 };
      execFile('aws', ['stepfunctions', ...args, '--output', 'json'], options, (error, stdout, stderr) => {
        if (error !== null) reject(new Error(stderr.trim() || error.message));
        else resolve(stdout.trim() === '' ? {} : JSON.parse(stdout));
      });
    });
}
