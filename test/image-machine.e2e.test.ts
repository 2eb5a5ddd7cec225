import assert from 'node:assert/strict';
import { mkdir, open, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { must } from '../lab/command.ts';
import { requireLab } from '../lab/require.ts';
import type { BakeOutcome } from '../src/control/images/bake.ts';
import type { BootVerdict } from '../src/images/disk/boot/checks.ts';
import { bootChecks } from '../src/images/disk/boot/checks.ts';
import { bootInQemu, type QemuOptions } from '../src/images/disk/boot/qemu.ts';
import { ROOT_OFFSET } from '../src/images/disk/pack/layout.ts';
import { bakeHome, OLD } from './bake.ts';

/** Emulated, without /dev/kvm, a boot takes 40 seconds where nobody else works and four minutes where many do. */
const LIMIT_SECONDS = 800;
const CHECKS = bootChecks.parse({ Units: ['ssh.service'], Ports: [22], Commands: [{ Run: 'sshd -t' }] });

const { file, mustBake, checkEmpty } = bakeHome();

let machine: BakeOutcome | undefined;

async function bakeMachine(t: TestContext): Promise<BakeOutcome | null> {
  if (!(await requireLab(t, 'machine'))) return null;
  const how = ['--boot', 'qemu', '--boot-timeout', String(LIMIT_SECONDS), '--check', file('check.yaml')];
  machine ??= await mustBake('machine', [...OLD, ...how]);
  return machine;
}

/** Boots a disk in an empty folder, which has to be empty afterwards. */
async function boot(disk: string, kernel: string, options: Partial<QemuOptions>): Promise<BootVerdict> {
  const folder = file('boot');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const defaults = {
    firmware: 'bios',
    checks: CHECKS,
    timeoutSeconds: LIMIT_SECONDS,
    rootOffset: ROOT_OFFSET,
  } as const;
  try {
    return await bootInQemu(disk, folder, { ...defaults, kernel, console: file('console'), ...options });
  } finally {
    checkEmpty(folder);
  }
}

test('an image boots as a machine by BIOS, runs its newest kernel, passes its checks and switches off', async (t) => {
  const outcome = await bakeMachine(t);
  if (outcome === null) return;
  const { boot: found, kernel } = outcome.manifest;
  assert.deepEqual([found?.mode, found?.kernel], ['qemu', kernel]);
  assert.deepEqual(
    found?.checks.map(({ passed }) => passed),
    [true, true, true],
  );
});

test('the same disk boots by UEFI', async (t) => {
  const outcome = await bakeMachine(t);
  if (outcome === null) return;
  const { kernel } = outcome.manifest;
  const verdict = await boot(join(outcome.folder, 'image.raw'), kernel, { firmware: 'uefi' });
  assert.deepEqual([verdict.reason, verdict.kernel], [null, kernel]);
  assert.deepEqual([verdict.mode, verdict.passed, verdict.failedUnits], ['qemu-uefi', true, []]);
});

test('a boot that does not end is ended at its time limit, told by its last words, and nothing is left', async (t) => {
  const outcome = await bakeMachine(t);
  if (outcome === null) return;
  const verdict = await boot(join(outcome.folder, 'image.raw'), outcome.manifest.kernel, { timeoutSeconds: 3 });
  assert.equal(verdict.passed, false);
  assert.match(verdict.reason ?? '', /^it did not answer within 3 seconds; /);
});

test('a disk without a boot loader is told by its BIOS, long before the time limit', async (t) => {
  const outcome = await bakeMachine(t);
  if (outcome === null) return;
  const disk = file('no-loader.raw');
  await must(['cp', '--reflink=auto', '--sparse=always', join(outcome.folder, 'image.raw'), disk]);
  const handle = await open(disk, 'r+');
  await handle.write(Buffer.alloc(512), 0, 512, 0);
  await handle.close();
  const verdict = await boot(disk, outcome.manifest.kernel, { timeoutSeconds: 120 });
  assert.equal(verdict.reason, 'its console says "No bootable device"');
});

test('a disk that is none is refused before a machine is started', async (t) => {
  if (!(await requireLab(t, 'machine'))) return;
  const disk = file('none.raw');
  await writeFile(disk, 'no disk');
  await truncate(disk, ROOT_OFFSET + 1_048_576);
  await assert.rejects(boot(disk, 'x', {}), { code: 'BakeFailed' });
});
