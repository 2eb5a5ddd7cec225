import { createInterface } from 'node:readline/promises';

/** Asks a person on a terminal; where there is none, the command itself was the answer. Ctrl-C and Ctrl-D say no. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    process.stdout.write('\n');
    return false;
  } finally {
    terminal.close();
  }
}
