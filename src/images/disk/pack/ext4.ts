import { writeFile } from 'node:fs/promises';
import { mustRun } from '../tool.ts';
import { type DiskIds, type Layout, SECTOR } from './layout.ts';

const MKFS_TIMEOUT_MS = 900_000;
const BLOCK = 4096;

/** What GRUB 2.06 reads and every kernel from 5.10 on mounts; nothing of this machine's own mke2fs.conf. */
const FEATURES = [
  ...['none', 'has_journal', 'ext_attr', 'resize_inode', 'dir_index', 'filetype', 'extent', '64bit', 'flex_bg'],
  ...['sparse_super', 'large_file', 'huge_file', 'dir_nlink', 'extra_isize', 'metadata_csum'],
].join(',');

/**
 * Writes the folder into the root partition of `disk` as ext4, without mounting anything. mke2fs takes the times at
 * which the inodes of the folder changed, which are those of the build: they are set to `epoch` afterwards.
 */
export async function writeExt4(
  disk: string,
  folder: string,
  layout: Layout,
  ids: DiskIds,
  epoch: number,
  scratch: string,
): Promise<void> {
  const offset = layout.root.start * SECTOR;
  const env = { E2FSPROGS_FAKE_TIME: String(epoch), MKE2FS_CONFIG: '/dev/null', SOURCE_DATE_EPOCH: String(epoch) };
  const blocks = Math.floor((layout.root.sectors * SECTOR) / BLOCK);
  const extended = `offset=${offset},hash_seed=${ids.hashSeed},lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0`;
  await mustRun(
    [
      ...[
        'mke2fs',
        '-q',
        '-F',
        '-t',
        'ext4',
        '-O',
        FEATURES,
        '-b',
        String(BLOCK),
        '-I',
        '256',
        '-i',
        '16384',
        '-m',
        '1',
      ],
      ...['-U', ids.filesystem, '-L', 'root', '-E', extended, '-d', folder, disk, String(blocks)],
    ],
    { timeoutMs: MKFS_TIMEOUT_MS, env },
  );
  const at = `${disk}?offset=${offset}`;
  const inodes = usedInodes(await mustRun(['dumpe2fs', at], { timeoutMs: MKFS_TIMEOUT_MS, env }));
  const script = inodes.flatMap((inode) =>
    ['ctime', 'atime', 'crtime'].map((field) => `sif <${inode}> ${field} @${epoch}`),
  );
  await writeFile(scratch, `${script.join('\n')}\n`);
  await mustRun(['debugfs', '-w', '-f', scratch, at], { timeoutMs: MKFS_TIMEOUT_MS, env });
  await mustRun(['e2fsck', '-f', '-n', at], { timeoutMs: MKFS_TIMEOUT_MS, env });
}

/** Inodes in use by dumpe2fs' list of the free ones: the root, and from 11 (lost+found) on. */
export function usedInodes(dump: string): number[] {
  const count = Number(/^Inode count:\s+(\d+)$/m.exec(dump)?.[1] ?? 0);
  const free = new Set<number>();
  for (const [, list = ''] of dump.matchAll(/^ {2}Free inodes: (.*)$/gm)) {
    for (const range of list.split(',')) {
      const [first = '', last = first] = range.trim().split('-');
      if (first !== '') for (let inode = Number(first); inode <= Number(last); inode++) free.add(inode);
    }
  }
  return Array.from({ length: count }, (_, at) => at + 1).filter(
    (inode) => (inode === 2 || inode >= 11) && !free.has(inode),
  );
}
