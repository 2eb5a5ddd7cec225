import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../tool.ts';
import { writeBootLoader } from './boot-loader.ts';
import { writeExt4 } from './ext4.ts';
import { diskIds, layoutFor, partitionTable, SECTOR } from './layout.ts';

const TIMEOUT_MS = 900_000;

/** Packs a sealed root as `image.raw` in `folder`: the same root and bake key give the same bytes. */
export async function packRaw(
  root: string,
  folder: string,
  options: { bakeKey: string; epoch: number },
): Promise<string> {
  const disk = join(folder, 'image.raw');
  const ids = diskIds(options.bakeKey);
  const layout = layoutFor(await contentBytes(root));
  await rm(disk, { force: true });
  const handle = await open(disk, 'wx', 0o600);
  await handle.truncate(layout.sectors * SECTOR);
  await handle.close();
  await mustRun(['sfdisk', '--quiet', '--no-reread', '--no-tell-kernel', disk], {
    timeoutMs: TIMEOUT_MS,
    input: partitionTable(layout, ids),
  });
  await writeExt4(disk, root, layout, ids, options.epoch, join(folder, 'inode-times'));
  await writeBootLoader(disk, root, layout, ids, options.epoch, join(folder, 'esp'));
  await rm(join(folder, 'inode-times'));
  return disk;
}

/** The raw disk as qcow2, compressed, its clusters in order; proved to hold the same by qemu-img itself. */
export async function convertQcow2(raw: string, qcow2: string): Promise<void> {
  await rm(qcow2, { force: true });
  await mustRun(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', '-c', '-o', 'compression_type=zlib', raw, qcow2], {
    timeoutMs: TIMEOUT_MS,
  });
  await mustRun(['qemu-img', 'compare', '-f', 'raw', '-F', 'qcow2', raw, qcow2], { timeoutMs: TIMEOUT_MS });
}

/** The root as an archive, from which a later image can begin. */
export async function packRoot(root: string, archive: string, epoch: number): Promise<void> {
  await rm(archive, { force: true });
  await mustRun(
    [
      ...['tar', '--create', '--zstd', '--file', archive, '--directory', root, '--sort=name', '--format=posix'],
      ...['--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime', `--mtime=@${epoch}`, '--clamp-mtime'],
      ...['--numeric-owner', '--xattrs', '--xattrs-include=*', '.'],
    ],
    { timeoutMs: TIMEOUT_MS },
  );
}

export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 4 * 1024 * 1024 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** Bytes that the files take in blocks of 4 KiB, by their sizes alone: what this machine's disk makes of them is no matter. */
async function contentBytes(root: string): Promise<number> {
  const list = await mustRun(['find', root, '-xdev', '-printf', '%y %s\\n'], { timeoutMs: TIMEOUT_MS });
  let bytes = 0;
  for (const line of list.split('\n')) {
    if (line === '') continue;
    const size = line.startsWith('f ') ? Number(line.slice(2)) : 0;
    bytes += Math.max(1, Math.ceil(size / 4096)) * 4096;
  }
  return bytes;
}
