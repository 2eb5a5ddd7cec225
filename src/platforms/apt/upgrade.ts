import type { PackageVersion } from '../../core/compliance/inventory.ts';

/** One package that the upgrade verb would install, as `apt-get --print-uris` names its archive. */
export interface PlannedArchive extends PackageVersion {
  /** Bytes. */
  readonly size: number;
  readonly uri: string;
}

/*
 * 'http://mirror.example/debian/pool/main/b/bash/bash_5.2.15-2%2bb13_amd64.deb' bash_5.2.15-2+b13_amd64.deb 1490652 SHA256:…
 *
 * The second field is made by apt itself from name, version and architecture, with `_`, `:` and `%` escaped; the name
 * in the URI is the archive's own and proves nothing.
 */
const LINE = /^'([^']*)' (\S+) (\d+)(?: \S*)?$/;

/** Lines that are not archives are answered apart: an unknown line must not turn into a missing update silently. */
export function parseUpgradeUris(text: string): { archives: PlannedArchive[]; unread: string[] } {
  const archives: PlannedArchive[] = [];
  const unread: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, uri, file, size] = LINE.exec(line) ?? [];
    const parts = file?.endsWith('.deb') ? file.slice(0, -4).split('_').map(decodePart) : [];
    const [name, version, architecture] = parts;
    if (uri === undefined || parts.length !== 3 || !name || !version || !architecture) unread.push(line);
    else archives.push({ name, version, architecture, size: Number(size), uri });
  }
  return { archives, unread };
}

function decodePart(part: string): string {
  return part.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** One entry of `apt-cache show`, cut to the fields that the probe keeps. */
export interface IndexEntry extends PackageVersion {
  readonly source: string;
  readonly sourceVersion: string;
  readonly priority: string;
  readonly section: string;
  readonly size: number | null;
  readonly installedKiB: number | null;
}

export function parseShow(text: string): IndexEntry[] {
  const entries: IndexEntry[] = [];
  for (const stanza of text.split(/\n\n+/)) {
    const fields = new Map<string, string>();
    for (const line of stanza.split('\n')) {
      const colon = line.indexOf(': ');
      if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2).trim());
    }
    const name = fields.get('Package');
    const version = fields.get('Version');
    const architecture = fields.get('Architecture');
    if (!name || !version || !architecture) continue;
    const [, source, sourceVersion] = /^(\S+)(?: \((\S+)\))?$/.exec(fields.get('Source') ?? '') ?? [];
    entries.push({
      name,
      version,
      architecture,
      source: source ?? name,
      sourceVersion: sourceVersion ?? version,
      priority: fields.get('Priority') ?? '',
      section: fields.get('Section') ?? '',
      size: whole(fields.get('Size')),
      installedKiB: whole(fields.get('Installed-Size')),
    });
  }
  return entries;
}

function whole(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
