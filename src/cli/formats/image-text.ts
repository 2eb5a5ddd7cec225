import type { BakeOutcome } from '../../control/images/bake.ts';
import { visible } from '../../core/visible.ts';
import type { PackageChange } from '../../images/store/diff.ts';
import type { ImageManifest } from '../../images/store/manifest.ts';
import type { Palette } from '../style.ts';
import { duration } from './age.ts';

const SHORT = 12;

/** How people name an image: enough of its digest to copy. */
function nameOf({ family, digest }: Pick<ImageManifest, 'family' | 'digest'>): string {
  return `${family}@${digest.slice(0, SHORT)}`;
}

/** What a bake came to. */
export function bakedText({ result, manifest, folder, installed }: BakeOutcome, { bold, green }: Palette): string {
  if (result === 'skipped') {
    return `${green('Nothing to bake')}: ${bold(nameOf(manifest))} is what it would come to.\n  ${visible(folder)}\n  --force bakes it again.\n`;
  }
  const updates = installed === 0 ? 'no updates over its base' : `${count(installed, 'update')} over its base`;
  return [
    `${green('Baked')} ${bold(nameOf(manifest))}: ${updates}, ${manifest.compliance.status}, ${bootWords(manifest)}.`,
    `  ${visible(folder)}/image.${manifest.format} (${mib(manifest.bytes)})`,
    `  \`kintsugi image show ${nameOf(manifest)}\` says more.`,
    '',
  ].join('\n');
}

function bootWords({ boot }: ImageManifest): string {
  if (boot === null) return 'not boot-tested';
  const checks = boot.checks.length === 0 ? '' : `, ${count(boot.checks.length, 'check')} passed`;
  return boot.mode !== 'nspawn'
    ? `booted Linux ${visible(boot.kernel ?? '')} under QEMU by ${boot.mode === 'qemu' ? 'BIOS' : 'UEFI'} in ${Math.round(boot.seconds)} s${checks}`
    : `booted in a container in ${Math.round(boot.seconds)} s${checks}`;
}

export function listText(images: readonly ImageManifest[], now: Date, { bold, dim }: Palette): string {
  if (images.length === 0) return 'No images yet. `kintsugi image bake --family NAME` makes one.\n';
  const rows = images.map((one) => [
    nameOf(one),
    `${duration(Math.max(0, now.getTime() - Date.parse(one.bakedAt)))} ago`,
    visible(one.os.product),
    one.format,
    mib(one.bytes),
    one.boot === null ? 'not booted' : one.boot.mode,
  ]);
  const head = ['IMAGE', 'BAKED', 'SYSTEM', 'FORMAT', 'SIZE', 'BOOT TEST'];
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return `${dim(line(head))}\n${rows.map((row) => line(row).replace(/^\S+/, bold)).join('\n')}\n`;
}

export function showText(image: ImageManifest, folder: string, { bold, dim }: Palette): string {
  const rows: [string, string][] = [
    ['image', `${visible(folder)}/image.${image.format} (${mib(image.bytes)})`],
    ['digest', `sha256:${image.digest}`],
    ['system', `${visible(image.os.prettyName)}, ${visible(image.os.architecture)}, Linux ${visible(image.kernel)}`],
    ['baked', `${image.bakedAt.slice(0, 16).replace('T', ' ')} UTC by ${visible(image.builder)}`],
    ['base', visible(image.base.from)],
    ['baseline', `${visible(image.baseline.name)} (${visible(image.baseline.from)}): ${image.compliance.status}`],
    ['boot test', bootWords(image)],
    ['packages', String(image.packages.length)],
  ];
  const checks = (image.boot?.checks ?? []).map(({ name }) => `  ${' '.repeat(11)}${visible(name)}`);
  const files = Object.entries(image.files).map(([name, { bytes }]) => `  ${name}  ${dim(mib(bytes))}`);
  return [
    bold(nameOf(image)),
    ...rows.flatMap(([key, value]) => [`  ${key.padEnd(10)} ${value}`, ...(key === 'boot test' ? checks : [])]),
    'Beside it:',
    ...files.filter((line) => !line.startsWith(`  image.${image.format}`)),
    '',
  ].join('\n');
}

export function diffText(
  from: ImageManifest,
  to: ImageManifest,
  changes: readonly PackageChange[],
  { bold, green, red, yellow }: Palette,
): string {
  const title = bold(`${nameOf(from)} -> ${nameOf(to)}`);
  if (changes.length === 0) return `${title}\nThe same packages in the same versions.\n`;
  const width = Math.max(...changes.map(({ name }) => name.length));
  const lines = changes.map(({ kind, name, from: old, to: fresh }) => {
    const shown = visible(name).padEnd(width);
    if (kind === 'added') return green(`+ ${shown}  ${visible(fresh ?? '')}`);
    if (kind === 'removed') return red(`- ${shown}  ${visible(old ?? '')}`);
    const versions = `${visible(old ?? '')} -> ${visible(fresh ?? '')}`;
    return kind === 'upgraded' ? `  ${shown}  ${versions}` : yellow(`! ${shown}  ${versions} (older)`);
  });
  const kinds = (['upgraded', 'added', 'removed', 'downgraded'] as const).flatMap((kind) => {
    const many = changes.filter((change) => change.kind === kind).length;
    return many === 0 ? [] : [`${many} ${kind}`];
  });
  return `${title}\n${lines.join('\n')}\n${kinds.join(', ')}\n`;
}

function count(many: number, noun: string): string {
  return `${many} ${noun}${many === 1 ? '' : 's'}`;
}

function mib(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1024)} KiB` : `${Math.round(bytes / 1_048_576)} MiB`;
}
