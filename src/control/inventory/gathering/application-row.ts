/** What the architectures of dpkg are called in inventories, where that differs. */
const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['amd64', 'x86_64'],
  ['arm64', 'aarch64'],
  ['all', 'noarch'],
]);
/** The API takes no longer value. */
const LONGEST = 4096;

interface Package {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly section: string;
  readonly source: string;
  readonly sourceVersion: string;
}

/** A package of dpkg as an entry of AWS:Application, in the form of the agents; `told` is what else is known of it. */
export function applicationRow(one: Package, told: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, epoch = '', upstream = '', release = ''] = /^(?:(\d+):)?(.*?)(?:-([^-]*))?$/s.exec(one.version) ?? [];
  return plainRow({
    Name: one.name,
    Version: upstream,
    Release: release,
    Epoch: epoch,
    ApplicationType: one.section,
    Architecture: ARCHITECTURES.get(one.architecture) ?? one.architecture,
    PackageId: `${one.source}_${one.sourceVersion}`,
    ...told,
  });
}

/** Without empty values, and with those that are too long cut. */
export function plainRow(values: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(values).filter(([, value]) => value !== '');
  return Object.fromEntries(kept.map(([name, value]) => [name, value.slice(0, LONGEST)]));
}
