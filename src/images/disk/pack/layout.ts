import { createHash } from 'node:crypto';

export const SECTOR = 512;
const MIB = 1_048_576;
const ALIGN = MIB / SECTOR;

/** Where the parts of the disk lie, in sectors of 512 bytes. */
export interface Layout {
  readonly bios: Extent;
  readonly esp: Extent;
  readonly root: Extent;
  readonly sectors: number;
}

interface Extent {
  readonly start: number;
  readonly sectors: number;
}

/**
 * A disk with GPT that boots by BIOS and by UEFI: GRUB's core image, an EFI system partition, and last the root, which
 * can grow. The root gets a third more than its content and 384 MiB, in whole 64 MiB: the same content, the same disk.
 */
export function layoutFor(contentBytes: number): Layout {
  const step = 64 * MIB;
  const rootBytes = Math.ceil((contentBytes * 1.33 + 384 * MIB) / step) * step;
  const bios = { start: ALIGN, sectors: ALIGN };
  const esp = { start: 2 * ALIGN, sectors: 64 * ALIGN };
  const root = { start: esp.start + esp.sectors, sectors: rootBytes / SECTOR };
  return { bios, esp, root, sectors: root.start + root.sectors + ALIGN };
}

/** Where the root partition begins, in bytes, on every disk. */
export const ROOT_OFFSET = 66 * MIB;

/** Every id on the disk, drawn from the bake key: another bake has others, the same bake the same. */
export interface DiskIds {
  readonly disk: string;
  readonly bios: string;
  readonly esp: string;
  readonly root: string;
  readonly filesystem: string;
  readonly hashSeed: string;
  /** Eight hexadecimal digits, as FAT has them. */
  readonly espVolume: string;
}

export function diskIds(bakeKey: string): DiskIds {
  const of = (name: string) => uuidOf(`${bakeKey} ${name}`);
  return {
    disk: of('disk'),
    bios: of('bios'),
    esp: of('esp'),
    root: of('root'),
    filesystem: of('filesystem'),
    hashSeed: of('hash seed'),
    espVolume: of('esp volume').slice(0, 8),
  };
}

/** A UUID of version 8 (RFC 9562) made of the SHA-256 of a text. */
function uuidOf(text: string): string {
  const hash = createHash('sha256').update(text).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** What sfdisk reads to make the table. */
export function partitionTable(layout: Layout, ids: DiskIds): string {
  const line = ({ start, sectors }: Extent, type: string, uuid: string, name: string) =>
    `start=${start}, size=${sectors}, type=${type}, uuid=${uuid}, name="${name}"`;
  return [
    'label: gpt',
    `label-id: ${ids.disk}`,
    'unit: sectors',
    'first-lba: 34',
    '',
    line(layout.bios, '21686148-6449-6E6F-744E-656564454649', ids.bios, 'bios'),
    line(layout.esp, 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', ids.esp, 'esp'),
    line(layout.root, '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709', ids.root, 'root'),
    '',
  ].join('\n');
}
