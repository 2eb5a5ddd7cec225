import { constants } from 'node:fs';
import { mkdir, open, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../../core/errors.ts';
import { mustRun } from '../tool.ts';
import { type DiskIds, type Layout, SECTOR } from './layout.ts';

const TIMEOUT_MS = 120_000;

/**
 * What grub-install would do, with neither a loop device nor a mount. For BIOS: GRUB's boot.img into the first sector,
 * told where core.img lies, and core.img into its partition, told where its own rest lies (grub-core/boot/i386/pc:
 * boot.S, diskboot.S). For UEFI: GRUB as the default loader of the EFI system partition. All of it comes from the image.
 */
export async function writeBootLoader(
  disk: string,
  root: string,
  layout: Layout,
  ids: DiskIds,
  epoch: number,
  scratch: string,
): Promise<void> {
  const boot = await readInside(root, 'boot/grub/i386-pc/boot.img');
  const core = await readInside(root, 'boot/grub/i386-pc/core.img');
  if (boot.length !== SECTOR || core.length < 2 * SECTOR || core.length > layout.bios.sectors * SECTOR) {
    throw new KintsugiError(
      'BakeFailed',
      'GRUB in the image is not what the builder knows: its boot images have other sizes.',
    );
  }
  boot.writeBigUInt64LE(BigInt(layout.bios.start), 0x5c);
  // Some BIOSes pass a wrong drive number: boot from the one that answers, as grub-bios-setup has it for hard disks.
  boot.writeUInt16LE(0x9090, 0x66);
  core.writeBigUInt64LE(BigInt(layout.bios.start + 1), SECTOR - 12);
  const handle = await open(disk, 'r+');
  try {
    await handle.write(boot, 0, 440, 0);
    await handle.write(core, 0, core.length, layout.bios.start * SECTOR);
  } finally {
    await handle.close();
  }
  await writeEsp(disk, root, layout, ids, epoch, scratch);
}

async function writeEsp(
  disk: string,
  root: string,
  layout: Layout,
  ids: DiskIds,
  epoch: number,
  scratch: string,
): Promise<void> {
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch);
  const esp = join(scratch, 'esp.img');
  const env = { SOURCE_DATE_EPOCH: String(epoch), MTOOLS_SKIP_CHECK: '1', MTOOLSRC: '/dev/null' };
  const options = { timeoutMs: TIMEOUT_MS, env };
  const kib = (layout.esp.sectors * SECTOR) / 1024;
  await mustRun(
    ['mkfs.vfat', '--invariant', '-F', '32', '-s', '1', '-i', ids.espVolume, '-n', 'ESP', '-C', esp, String(kib)],
    options,
  );
  const files = {
    'EFI/BOOT/BOOTX64.EFI': await readInside(root, 'usr/lib/grub/x86_64-efi/monolithic/grubx64.efi'),
    'EFI/debian/grub.cfg': Buffer.from(
      `search.fs_uuid ${ids.filesystem} root\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n`,
    ),
  };
  await mustRun(['mmd', '-i', esp, '::EFI', '::EFI/BOOT', '::EFI/debian'], options);
  for (const [path, content] of Object.entries(files)) {
    const file = join(scratch, 'file');
    await writeFile(file, content);
    await utimes(file, epoch, epoch);
    await mustRun(['mcopy', '-m', '-i', esp, file, `::${path}`], options);
    await rm(file);
  }
  const seek = layout.esp.start / 2048;
  await mustRun(
    ['dd', `if=${esp}`, `of=${disk}`, 'bs=1M', `seek=${seek}`, 'conv=notrunc,sparse', 'status=none'],
    options,
  );
  await rm(scratch, { recursive: true });
}

/** A file of the root, where it is one: a link there could lead to a file of this machine. */
async function readInside(root: string, path: string): Promise<Buffer> {
  let handle: Awaited<ReturnType<typeof open>> | null = null;
  try {
    handle = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW);
    return await handle.readFile();
  } catch (error) {
    throw new KintsugiError('BakeFailed', `The image has no /${path}: GRUB cannot be put in.`, { cause: error });
  } finally {
    await handle?.close();
  }
}
