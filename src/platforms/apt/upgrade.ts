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
 * The second field is made by apt itself from name, version and architecture, with `_`, `:` and `%` escaped, and dots in
 * the architecture too; the name in the URI is the archive's own and proves nothing. What follows the architecture is
 * the archive's own as well: Ubuntu's debug symbols end in `.ddeb`.
 */
const LINE = /^'([^']*)' ([^\s_]+)_([^\s_]+)_([^\s_.]+)\.[^\s_]* (\d{1,15})(?: \S*)?$/;

/** Lines that are not archives are answered apart: an unknown line must not turn into a missing update silently. */
export function parseUpgradeUris(text: string): { archives: PlannedArchive[]; unread: string[] } {
  const archives: PlannedArchive[] = [];
  const unread: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, uri, name, version, architecture, size] = LINE.exec(line) ?? [];
    if (uri === undefined || !name || !version || !architecture) unread.push(line);
    else {
      archives.push({
        name: decodePart(name),
        version: decodePart(version),
        architecture: decodePart(architecture),
        size: Number(size),
        uri,
      });
    }
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

/** Entries without a name, a version or an architecture are answered apart, each by its first line. */
export function parseShow(text: string): { entries: IndexEntry[]; unread: string[] } {
  const entries: IndexEntry[] = [];
  const unread: string[] = [];
  for (const stanza of text.split(/\n{2,}/)) {
    const lines = stanza.split('\n').filter((line) => line !== '');
    if (lines.length === 0) continue;
    const entry = readEntry(lines);
    if (entry === null) unread.push(lines[0] ?? '');
    else entries.push(entry);
  }
  return { entries, unread };
}

function readEntry(lines: readonly string[]): IndexEntry | null {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, key, value] = /^([A-Za-z-]+):[ \t]*(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, value.trim());
  }
  const name = fields.get('Package');
  const version = fields.get('Version');
  const architecture = fields.get('Architecture');
  if (!name || !version || !architecture) return null;
  const [, source, sourceVersion] = /^(\S+)(?: \((\S+)\))?$/.exec(fields.get('Source') ?? '') ?? [];
  return {
    name,
    version,
    architecture,
    source: source ?? name,
    sourceVersion: sourceVersion ?? version,
    priority: fields.get('Priority') ?? '',
    section: fields.get('Section') ?? '',
    size: whole(fields.get('Size')),
    installedKiB: whole(fields.get('Installed-Size')),
  };
}

function whole(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
