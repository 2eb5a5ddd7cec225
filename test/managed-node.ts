import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { isAlive, parseProcessStat } from '../src/agent/documents/process-identity.ts';
import { MessageService } from './message-service.ts';

const PROGRAM = join(import.meta.dirname, '..', 'src', 'cli', 'agent-main.ts');

/** A real agent in a process of its own, registered with a `MessageService`; both are gone after the test. */
export class ManagedNode {
  readonly service: MessageService;
  /** For whatever the scripts of a test write. */
  readonly folder: string;
  readonly state: string;
  readonly #program: string;
  #agent: ChildProcess | null = null;
  log = '';

  private constructor(service: MessageService, program: string) {
    this.service = service;
    this.#program = program;
    this.folder = mkdtempSync(join(tmpdir(), 'kt-node-'));
    this.state = join(this.folder, 'state');
  }

  /** Registered, not yet running. */
  static async make(t: TestContext, program = PROGRAM): Promise<ManagedNode> {
    const node = new ManagedNode(await MessageService.start(), program);
    t.after(() => node.#dispose());
    await node.command('register', ...node.registration());
    return node;
  }

  /** Registered and running. */
  static async run(t: TestContext, ...options: string[]): Promise<ManagedNode> {
    const node = await ManagedNode.make(t);
    node.start(...options);
    return node;
  }

  registration(): string[] {
    const { activation, url } = this.service;
    return ['--endpoint', url, '--region', 'us-east-1', '--activation-id', activation.id];
  }

  /** Runs a command of the agent's to its end. The activation code is in the environment and on its input. */
  async command(name: string, ...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const env = { ...process.env, KINTSUGI_ACTIVATION_CODE: this.service.activation.code };
    const child = spawn(process.execPath, [this.#program, name, '--state', this.state, ...args], { env });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
    });
    child.stdin.end(`${this.service.activation.code}\n`);
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...output })));
  }

  /** A reboot only makes the file `rebooted`: never may a test take down the machine that it runs on. */
  start(...options: string[]): void {
    const reboot = ['--reboot-command', `touch '${this.path('rebooted')}'`];
    const argv = [this.#program, 'run', '--state', this.state, ...reboot, ...options];
    const agent = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
    agent.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    this.#agent = agent;
  }

  /** Ends the agent alone; answers its exit code. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const agent = this.#agent;
    if (agent === null) return null;
    this.#agent = null;
    return new Promise((resolve) => {
      agent.once('exit', resolve);
      agent.kill(signal);
    });
  }

  /** The exit code of an agent that ends by itself. */
  async end(): Promise<number | null> {
    const agent = this.#agent;
    this.#agent = null;
    if (agent === null || agent.exitCode !== null) return agent?.exitCode ?? null;
    return new Promise((resolve) => agent.once('exit', resolve));
  }

  /** Ends the agent and everything that it had started, as a power cut does. */
  async endAll(): Promise<void> {
    await this.stop('SIGKILL');
    await this.#killScripts();
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Files in a part of the agent's state. */
  stored(part: string): string[] {
    for (;;) {
      try {
        return readdirSync(join(this.state, part), { recursive: true, encoding: 'utf8' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        // A folder that went away while it was looked through: look again.
        if (!existsSync(join(this.state, part))) return [];
      }
    }
  }

  async #killScripts(): Promise<void> {
    for (const name of this.stored('documents').filter((one) => /begun\.\d+$/.test(one))) {
      const keeper = parseProcessStat(readFileSync(join(this.state, 'documents', name), 'utf8'));
      // Only a process that is surely the one noted there: ids are given again.
      if (keeper !== null && (await isAlive(keeper))) process.kill(-keeper.pid, 'SIGKILL');
    }
  }

  async #dispose(): Promise<void> {
    await this.endAll();
    await this.service.down();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A step that runs a script. */
export function shell(name: string, script: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { action: 'aws:runShellScript', name, inputs: { runCommand: script.split('\n'), ...more } };
}

/** Resolves once `holds` does: for what only the disk tells. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
