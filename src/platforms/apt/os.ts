import type { OperatingSystem } from '../../core/baselines/types.ts';
import type { TargetOs } from '../../core/compliance/inventory.ts';

/**
 * The operating system by its os-release file. A derivative is what it says it is like, when Systems Manager has no
 * name for it: Linux Mint is judged as Ubuntu. null: not a system with apt that Systems Manager knows.
 * https://www.freedesktop.org/software/systemd/man/latest/os-release.html
 */
export function parseOsRelease(text: string): TargetOs | null {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim()) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, unquote(value));
  }
  const id = fields.get('ID') ?? '';
  const family = [id, ...(fields.get('ID_LIKE') ?? '').split(/\s+/)].map((name) => FAMILIES.get(name)).find(Boolean);
  if (family === undefined) return null;
  const versionId = fields.get('VERSION_ID') ?? '';
  const codename = fields.get('VERSION_CODENAME') ?? '';
  return {
    id,
    versionId,
    codename,
    prettyName: fields.get('PRETTY_NAME') ?? `${id} ${versionId}`,
    operatingSystem: family.operatingSystem,
    product: `${family.product}${versionId}`,
    ecosystem: `${id}:${versionId}`,
  };
}

/** A map, for the name is a stranger's: `constructor` must not find what every object has. */
const FAMILIES: ReadonlyMap<string, { operatingSystem: OperatingSystem; product: string }> = new Map([
  ['debian', { operatingSystem: 'DEBIAN', product: 'Debian' }],
  ['ubuntu', { operatingSystem: 'UBUNTU', product: 'Ubuntu' }],
  ['raspbian', { operatingSystem: 'RASPBIAN', product: 'Raspbian' }],
]);

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(value)?.[2];
  return (quoted ?? value).replace(/\\(["'$`\\])/g, '$1');
}
