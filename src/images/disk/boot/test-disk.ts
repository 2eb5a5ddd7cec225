import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../../core/errors.ts';
import { mustRun } from '../tool.ts';
import { checkUnit } from './check-script.ts';

const TIMEOUT_MS = 60_000;
const UNIT = '/etc/systemd/system/kintsugi-boot-test.service';
const SCRIPT = '/etc/kintsugi-boot-test.sh';
const WANTS = '/etc/systemd/system/multi-user.target.wants';
const GRUB = '/boot/grub/grub.cfg';

/**
 * For an emulated machine, whose clock goes on while it gets no processor: Linux does not count its timer's ticks at
 * the start, and systemd gives a service ten minutes to start, not 90 s (systemd-resolved needs most of them), and
 * ends none for being slow to answer its watchdog. A unit that fails still fails.
 * https://www.freedesktop.org/software/systemd/man/latest/kernel-command-line.html
 */
const PATIENT = 'no_timer_check systemd.default_timeout_start_sec=600 systemd.service_watchdogs=no';

/**
 * Adds the unit that asks to `disk.raw` of the folder, which is a copy of the image, by debugfs, without mounting it.
 * `offset`: where its root partition begins, in bytes. Throws BakeFailed where there is no filesystem to write to.
 */
export async function addCheck(
  work: string,
  script: string,
  options: { offset: number; patient: boolean },
): Promise<void> {
  await writeFile(join(work, 'unit'), checkUnit(), { mode: 0o644 });
  await writeFile(join(work, 'script'), script, { mode: 0o644 });
  const commands = [
    ...[`mkdir ${WANTS}`, `rm ${WANTS}/kintsugi-boot-test.service`, `rm ${UNIT}`, `rm ${SCRIPT}`],
    ...[`write unit ${UNIT}`, `write script ${SCRIPT}`, `symlink ${WANTS}/kintsugi-boot-test.service ${UNIT}`],
  ];
  const debugfs = (...args: string[]) =>
    mustRun(['env', '-C', work, 'debugfs', ...args, `disk.raw?offset=${options.offset}`], { timeoutMs: TIMEOUT_MS });
  if (options.patient) {
    const menu = await debugfs('-R', `cat ${GRUB}`);
    await writeFile(join(work, 'menu'), menu.replace(/^(\s*linux \S+ .*)$/gm, `$1 ${PATIENT}`), { mode: 0o600 });
    commands.push(`rm ${GRUB}`, `write menu ${GRUB}`);
  }
  await writeFile(join(work, 'commands'), `${commands.join('\n')}\n`);
  await debugfs('-w', '-f', 'commands');
  // debugfs ends well whatever became of its commands.
  const written = (await debugfs('-R', `cat ${UNIT}`)) + (await debugfs('-R', `cat ${SCRIPT}`));
  if (written !== checkUnit() + script)
    throw new KintsugiError('BakeFailed', 'The disk holds no filesystem that a boot test can be written to.');
}

/** True where the root was unmounted well: its journal holds nothing that a next mount would have to do again. */
export async function wasUnmounted(work: string, offset: number): Promise<boolean> {
  const head = await mustRun(['dumpe2fs', '-h', `${join(work, 'disk.raw')}?offset=${offset}`], {
    timeoutMs: TIMEOUT_MS,
  });
  const features = /^Filesystem features:(.*)$/m.exec(head)?.[1] ?? '';
  return /^Filesystem state:\s+clean$/m.test(head) && !features.includes('needs_recovery');
}
