import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTAINED } from '../contained.ts';
import { runTool } from '../tool.ts';
import { checkUnit, composeCheck, parseCheck } from './check-script.ts';
import type { BootChecks, BootVerdict } from './checks.ts';
import { judgeBoot } from './verdict.ts';

/**
 * Boots the sealed root by systemd-nspawn, without its kernel and without a network, over an overlay in memory: the
 * root stays as it is, and the check unit is never in the image. A container has no disks, so nothing is in its fstab. `console` gets what the console said.
 */
export async function bootInNspawn(
  root: string,
  folder: string,
  options: { checks: BootChecks; timeoutSeconds: number; console: string },
): Promise<BootVerdict> {
  const work = join(folder, 'nspawn');
  const nonce = randomBytes(16).toString('hex');
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  await writeFile(join(work, 'unit'), checkUnit());
  await writeFile(join(work, 'script'), composeCheck(nonce, '/var/kintsugi-boot-test', options.checks));
  await writeFile(join(work, 'answer'), '');
  const started = performance.now();
  const outcome = await runTool([...CONTAINED, '/bin/sh', '-c', BOOT, 'kintsugi', root, work], {
    timeoutMs: options.timeoutSeconds * 1000,
  });
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  await writeFile(options.console, outcome.stdout + outcome.stderr);
  const answer = parseCheck(await readFile(join(work, 'answer'), 'utf8').catch(() => ''), nonce, options.checks);
  await rm(work, { recursive: true, force: true });
  const last = `${outcome.stdout}${outcome.stderr}`.trim().split('\n').at(-1) ?? '';
  const ended = outcome.timedOut
    ? `it did not answer within ${options.timeoutSeconds} seconds`
    : `it ended without an answer (${outcome.code ?? 'a signal'}): ${last.slice(0, 300)}`;
  return judgeBoot(answer, { mode: 'nspawn', kernel: null, seconds, ended });
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
systemd-nspawn --quiet --directory="$R" --machine=kintsugi-image --register=no --keep-unit --private-network --console=pipe \\
  --bind="$2/answer:/var/kintsugi-boot-test" --resolv-conf=off --timezone=off --link-journal=no --boot </dev/null
`;
