import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, runTool } from '../tool.ts';
import { composeCheck, parseCheck } from './check-script.ts';
import type { BootChecks, BootVerdict } from './checks.ts';
import { endOf, lastLine, lastWords, MOST_ANSWER_BYTES, readPart, watchConsole } from './console.ts';
import { type Firmware, isEmulated, layFirmware, type MachineFiles, machineCommand } from './machine.ts';
import { addCheck, wasUnmounted } from './test-disk.ts';
import { judgeBoot } from './verdict.ts';

export interface QemuOptions {
  readonly firmware: Firmware;
  readonly checks: BootChecks;
  readonly timeoutSeconds: number;
  /** The newest kernel installed: the one that has to run. */
  readonly kernel: string;
  /** Where the root partition begins, in bytes. */
  readonly rootOffset: number;
  readonly console: string;
}

/**
 * Boots a copy of the disk as a machine would: BIOS or UEFI, GRUB, its own kernel; with KVM where there is one, else
 * emulated. Only one unit is added in the copy, which answers on the second serial port and switches the machine off,
 * and where it is emulated, more patience on the kernel's command line. `console` gets what the first serial port said.
 * Ended at its time limit, and where its console says that it is lost. Nothing of the copy is left, whatever happens.
 */
export async function bootInQemu(disk: string, folder: string, options: QemuOptions): Promise<BootVerdict> {
  const work = join(folder, 'qemu');
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    return await bootCopy(disk, work, options);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function bootCopy(disk: string, work: string, options: QemuOptions): Promise<BootVerdict> {
  const { firmware, checks, timeoutSeconds, rootOffset } = options;
  const nonce = randomBytes(16).toString('hex');
  const files: MachineFiles = {
    disk: join(work, 'disk.raw'),
    console: options.console,
    answer: join(work, 'answer'),
    variables: join(work, 'variables.fd'),
  };
  await mustRun(['cp', '--reflink=auto', '--sparse=always', disk, files.disk], { timeoutMs: 600_000 });
  await addCheck(work, composeCheck(nonce, '/dev/ttyS1', checks), { offset: rootOffset, patient: isEmulated() });
  await layFirmware(firmware, files);
  for (const file of [files.console, files.answer]) await writeFile(file, '');
  const started = performance.now();
  const given = new AbortController();
  const watch = watchConsole(files.console, [files.answer], given.signal);
  const outcome = await runTool(machineCommand(firmware, files), {
    timeoutMs: timeoutSeconds * 1000,
    stop: watch.stop,
  }).finally(() => given.abort());
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const end = await endOf(files.console);
  const limit = `within ${timeoutSeconds} seconds${lastWords(end)}`;
  const fault = lastLine(outcome.stderr);
  const early = `it ended without an answer${fault === '' ? '' : `, QEMU says "${fault}"`}${lastWords(end)}`;
  const isOff = outcome.code === 0 && /reboot: Power down/.test(end) && (await wasUnmounted(work, rootOffset));
  return judgeBoot(parseCheck(await readPart(files.answer, 0, MOST_ANSWER_BYTES), nonce, checks), {
    mode: firmware === 'bios' ? 'qemu' : 'qemu-uefi',
    kernel: options.kernel,
    seconds,
    ended: watch.found() ?? (outcome.timedOut ? `it did not answer ${limit}` : early),
    stayedOn: isOff
      ? null
      : outcome.timedOut
        ? `it did not switch off ${limit}`
        : `it did not end well${lastWords(end)}`,
  });
}
