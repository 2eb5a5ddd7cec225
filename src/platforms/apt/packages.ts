import type { InstalledPackage, InstallStatus } from '../../core/compliance/inventory.ts';

/** Second letter of dpkg's status abbreviation (dpkg-query(1)); `n` and `c` mean that the package is not there. */
const STATUS: Readonly<Record<string, InstallStatus | undefined>> = {
  i: 'installed',
  U: 'unpacked',
  F: 'half-configured',
  H: 'half-installed',
  W: 'triggers-awaited',
  t: 'triggers-pending',
};

export type DpkgPackage = Omit<InstalledPackage, 'origins'>;

/**
 * The lines of `dpkg-query -W` with the fields of the probe, tab between. Packages that are not there are dropped; a
 * line that cannot be read is answered in `unread`: dropping it silently would hide a package.
 */
export function parsePackages(text: string): { packages: DpkgPackage[]; unread: string[] } {
  const packages: DpkgPackage[] = [];
  const unread: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const fields = line.split('\t');
    const [name, architecture, version, source, sourceVersion, abbreviation, priority, section, size] = fields;
    const letter = abbreviation?.[1];
    if (!name || !architecture || letter === undefined || size === undefined || fields.length !== 9) {
      unread.push(line);
      continue;
    }
    if (letter === 'n' || letter === 'c') continue;
    const status = STATUS[letter];
    if (status === undefined || !version) {
      unread.push(line);
      continue;
    }
    packages.push({
      name,
      architecture,
      version,
      source: source || name,
      sourceVersion: sourceVersion || version,
      priority: priority ?? '',
      section: section ?? '',
      installedKiB: /^\d{1,15}$/.test(size) ? Number(size) : null,
      status: abbreviation?.[2] === 'R' ? 'half-installed' : status,
      held: abbreviation?.[0] === 'h',
    });
  }
  return { packages, unread };
}
