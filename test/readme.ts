import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const PROJECT = join(import.meta.dirname, '..');

export interface Block {
  /** The comment of its first line: where it is typed. */
  readonly where: string;
  readonly text: string;
}

/** The blocks of a tour of the README that say where they are typed, as they stand there. */
export function tour(title: string): Block[] {
  const readme = readFileSync(join(PROJECT, 'README.md'), 'utf8');
  const section = readme.split(`\n### ${title}\n`)[1]?.split(/^##/m)[0] ?? '';
  return [...section.matchAll(/^```sh\n# (.*)\n([\s\S]*?)^```$/gm)].map(([, where = '', text = '']) => ({
    where,
    text,
  }));
}

/** A shell that keeps its variables from block to block, as a terminal does. */
export class Terminal {
  readonly #shell: ChildProcess;
  #said = '';

  constructor(env: Readonly<Record<string, string>>) {
    // Nobody reads the status of each line: the first one that fails ends the shell.
    this.#shell = spawn('bash', ['-eu'], { cwd: PROJECT, env, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#shell.stdout, this.#shell.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
      });
    }
  }

  /** Answers what was printed; throws where a line failed. */
  async type(text: string): Promise<string> {
    const mark = `--- end of block ${Math.random()} ---`;
    const from = this.#said.length;
    this.#shell.stdin?.write(`${text}\necho '${mark}'\n`);
    while (!this.#said.includes(mark)) {
      if (this.#shell.exitCode !== null) throw new Error(`a line failed:\n${text}\n${this.#said.slice(from)}`);
      await sleep(50);
    }
    return this.#said.slice(from, this.#said.indexOf(mark));
  }

  close(): void {
    this.#shell.kill('SIGKILL');
  }
}
