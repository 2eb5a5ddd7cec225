import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTAINED } from '../contained.ts';
import { runTool } from '../tool.ts';
import { checkUnit, composeCheck, parseCheck } from './check-script.ts';
import type { BootChecks, BootVerdict } from './checks.ts';
import { lastWords, MOST_ANSWER_BYTES, readPart } from './console.ts';
import { judgeBoot } from './verdict.ts';

/**
 * Boots the sealed root by systemd-nspawn, without its kernel and without a network, over an overlay in memory: the
 * root stays as it is, and the check unit is never in the image. A container has no disks, so nothing is in its fstab.
 * `console` gets what the console said, the journal among it: systemd reads its arguments as the kernel's.
 */
export async function bootInNspawn(
  root: string,
  folder: string,
  options: { checks: BootChecks; timeoutSeconds: number; console: string },
): Promise<BootVerdict> {
  const work = join(folder, 'nspawn');
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    return await bootOver(root, work, options);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function bootOver(
  root: string,
  work: string,
  options: { checks: BootChecks; timeoutSeconds: number; console: string },
): Promise<BootVerdict> {
  const nonce = randomBytes(16).toString('hex');
  await writeFile(join(work, 'unit'), checkUnit());
  await writeFile(join(work, 'script'), composeCheck(nonce, '/var/kintsugi-boot-test', options.checks));
  await writeFile(join(work, 'answer'), '');
  const started = performance.now();
  const outcome = await runTool([...CONTAINED, '/bin/sh', '-c', BOOT, 'kintsugi', root, work], {
    timeoutMs: options.timeoutSeconds * 1000,
  });
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const said = outcome.stdout + outcome.stderr;
  await writeFile(options.console, said);
  const answer = parseCheck(await readPart(join(work, 'answer'), 0, MOST_ANSWER_BYTES), nonce, options.checks);
  const limit = `within ${options.timeoutSeconds} seconds${lastWords(said.slice(-8192))}`;
  const early = `(${outcome.code ?? 'a signal'})${lastWords(said.slice(-8192))}`;
  return judgeBoot(answer, {
    mode: 'nspawn',
    kernel: null,
    seconds,
    ended: outcome.timedOut ? `it did not answer ${limit}` : `it ended without an answer ${early}`,
    stayedOn: outcome.timedOut
      ? `it did not switch off ${limit}`
      : outcome.code === 0
        ? null
        : `it did not end well ${early}`,
  });
}

const BOOT = `
set -eu
W=$2/mount
mkdir -p "$W"
mount -t tmpfs -o mode=755 kintsugi-boot "$W"
mkdir "$W/upper" "$W/work" "$W/merged"
mount -t overlay -o "lowerdir=$1,upperdir=$W/upper,workdir=$W/work" overlay "$W/merged"
R=$W/merged
rm -rf "$R/etc/systemd/system/kintsugi-boot-test.service"
mkdir -p "$R/etc/systemd/system/multi-user.target.wants"
cp "$2/unit" "$R/etc/systemd/system/kintsugi-boot-test.service"
cp "$2/script" "$R/etc/kintsugi-boot-test.sh"
ln -sf ../kintsugi-boot-test.service "$R/etc/systemd/system/multi-user.target.wants/kintsugi-boot-test.service"
: >"$R/var/kintsugi-boot-test"
: >"$R/etc/fstab"
systemd-nspawn --quiet --directory="$R" --machine=kintsugi-image --register=no --keep-unit --private-network --console=read-only \\
  --bind="$2/answer:/var/kintsugi-boot-test" --resolv-conf=off --timezone=off --link-journal=no --boot systemd.show_status=1 systemd.journald.forward_to_console=1 \\
  systemd.mask=console-getty.service </dev/null
`;
