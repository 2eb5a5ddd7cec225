import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, runTool } from '../tool.ts';
import { checkUnit, composeCheck, parseCheck } from './check-script.ts';
import type { BootChecks, BootVerdict } from './checks.ts';
import { judgeBoot } from './verdict.ts';

export interface QemuOptions {
  readonly checks: BootChecks;
  readonly timeoutSeconds: number;
  /** The newest kernel installed: the one that has to run. */
  readonly kernel: string;
  /** Where the root partition begins, in bytes. */
  readonly rootOffset: number;
  readonly console: string;
}

/** Tests of a boot that will not come to an answer: waiting for the time limit tells no more. */
const HOPELESS =
  /Kernel panic - not syncing|You are in emergency mode|Failed to boot both default and fallback|\(initramfs\)/;
const LOOK_MS = 1000;

/**
 * Boots a copy of the disk as a machine would: BIOS, GRUB, its own kernel; with KVM where there is one, else emulated.
 * UEFI is not tried. Emulated on an overloaded machine, the time limits inside (systemd's 90 s for a service, Linux's
 * check of its timer) may fail a good image.
 * Only one unit is added in the copy, by debugfs, which answers on the second serial port. There is no way out to a
 * network.
 */
export async function bootInQemu(disk: string, folder: string, options: QemuOptions): Promise<BootVerdict> {
  const work = join(folder, 'qemu');
  const nonce = randomBytes(16).toString('hex');
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const copy = join(work, 'disk.raw');
  await mustRun(['cp', '--reflink=auto', '--sparse=always', disk, copy], { timeoutMs: 600_000 });
  await addCheck(work, composeCheck(nonce, '/dev/ttyS1', options.checks), options.rootOffset);
  const answerFile = join(work, 'answer');
  await writeFile(answerFile, '');
  await writeFile(options.console, '');
  const started = performance.now();
  const given = new AbortController();
  const hopeless = watchConsole(options.console, given.signal);
  const running = runTool(qemuCommand(copy, options.console, answerFile), {
    timeoutMs: options.timeoutSeconds * 1000,
    stop: hopeless.stop,
  });
  const outcome = await running.finally(() => given.abort());
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const answer = parseCheck(await readFile(answerFile, 'utf8'), nonce, options.checks);
  await rm(work, { recursive: true, force: true });
  const ended =
    hopeless.found() ??
    (outcome.timedOut
      ? `it did not answer within ${options.timeoutSeconds} seconds`
      : `it ended without an answer${outcome.stderr.trim() === '' ? '' : `: ${outcome.stderr.trim().split('\n').at(-1)?.slice(0, 300)}`}`);
  return judgeBoot(answer, { mode: 'qemu', kernel: options.kernel, seconds, ended });
}

function qemuCommand(disk: string, console: string, answer: string): string[] {
  return [
    ...['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-machine', 'q35', ...accelerator(), '-cpu', 'max'],
    ...['-smp', '2', '-m', '1024', '-display', 'none', '-monitor', 'none', '-no-reboot'],
    ...['-drive', `file=${disk.replaceAll(',', ',,')},if=virtio,format=raw,cache=unsafe`, '-device', 'virtio-rng-pci'],
    ...['-netdev', 'user,id=net,restrict=on', '-device', 'virtio-net-pci,netdev=net,romfile='],
    ...['-chardev', `file,id=console,path=${console.replaceAll(',', ',,')}`, '-serial', 'chardev:console'],
    ...['-chardev', `file,id=answer,path=${answer.replaceAll(',', ',,')}`, '-serial', 'chardev:answer'],
  ];
}

function accelerator(): string[] {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return ['-accel', 'kvm', '-accel', 'tcg,thread=multi'];
  } catch {
    return ['-accel', 'tcg,thread=multi'];
  }
}

async function addCheck(work: string, script: string, offset: number): Promise<void> {
  await writeFile(join(work, 'unit'), checkUnit(), { mode: 0o644 });
  await writeFile(join(work, 'script'), script, { mode: 0o644 });
  const wants = '/etc/systemd/system/multi-user.target.wants';
  const commands = [
    `mkdir ${wants}`,
    'write unit /etc/systemd/system/kintsugi-boot-test.service',
    'write script /etc/kintsugi-boot-test.sh',
    `symlink ${wants}/kintsugi-boot-test.service ../kintsugi-boot-test.service`,
  ];
  await writeFile(join(work, 'commands'), `${commands.join('\n')}\n`);
  await mustRun(['env', '-C', work, 'debugfs', '-w', '-f', 'commands', `disk.raw?offset=${offset}`], {
    timeoutMs: 60_000,
  });
}

function watchConsole(file: string, done: AbortSignal): { stop: AbortSignal; found: () => string | null } {
  const stop = new AbortController();
  let found: string | null = null;
  let seen = 0;
  let tail = '';
  const timer = setInterval(async () => {
    const handle = await open(file).catch(() => null);
    if (handle === null) return;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1 << 20), 0, 1 << 20, seen);
    await handle.close();
    seen += bytesRead;
    tail = (tail + buffer.toString('latin1', 0, bytesRead)).slice(-8192);
    const hit = HOPELESS.exec(tail);
    if (hit === null || done.aborted) return;
    found = `its console says "${hit[0]}"`;
    stop.abort();
  }, LOOK_MS);
  const end = () => clearInterval(timer);
  done.addEventListener('abort', end);
  stop.signal.addEventListener('abort', end);
  return { stop: stop.signal, found: () => found };
}
