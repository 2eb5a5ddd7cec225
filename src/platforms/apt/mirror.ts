import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A source of packages as apt knows it, from a deb822 stanza or a one-line entry. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string | undefined;
}

/** Where this machine gets Debian from. */
export interface Mirror {
  readonly main: string;
  readonly security: string;
  /** The keyring file that both are signed with. */
  readonly keyring: string;
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const RELEASES = /^(?:bullseye|bookworm|trixie|forky|sid|stable|oldstable|testing|unstable)$/;

/** Reads deb822 `.sources` text (sources.list(5)): enabled `deb` stanzas only. */
export function parseSources(text: string): AptSource[] {
  const stanzas = text
    .replace(/^#.*\n?/gm, '')
    .split(/\n\s*\n/)
    .map((stanza) => new Map([...stanza.matchAll(/^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)/gm)].map(field)));
  return stanzas.flatMap((fields) => {
    const words = (name: string): string[] => fields.get(name)?.split(/\s+/).filter(Boolean) ?? [];
    if (!words('types').includes('deb') || /^(?:no|false|0|off|disable)$/.test(fields.get('enabled') ?? '')) return [];
    const signedBy = words('signed-by')[0]?.startsWith('/') ? words('signed-by')[0] : undefined;
    return words('uris').map((uri) => ({ uri, suites: words('suites'), components: words('components'), signedBy }));
  });
}

function field(match: RegExpExecArray): [string, string] {
  return [(match[1] ?? '').toLowerCase(), (match[2] ?? '').trim()];
}

/** Reads one-line `.list` text (sources.list(5)): `deb [options] uri suite component…`. */
export function parseList(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = line.replace(/#.*/, '').match(/^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(\S.*)$/);
    if (match === null) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = options.match(/(?:^|\s)signed-by=(\/[^\s,]*)/)?.[1];
    return [{ uri, suites: [suite], components: components.trim().split(/\s+/), signedBy }];
  });
}

/** The Debian mirror among these sources, if the main and the security archive are both there. */
export function mirrorAmong(sources: readonly AptSource[], resolve = (uri: string): string => uri): Mirror | undefined {
  const debian = sources.filter(({ components }) => components.includes('main'));
  const main = debian.find(({ suites }) => suites.some((suite) => RELEASES.test(suite)));
  const security = debian.find(({ suites }) => suites.some((suite) => /-security$|\/updates$/.test(suite)));
  if (main === undefined || security === undefined) return undefined;
  const clean = (uri: string): string => resolve(uri).replace(/\/+$/, '');
  return { main: clean(main.uri), security: clean(security.uri), keyring: main.signedBy ?? KEYRING };
}

/** The mirror that this machine's own apt uses, or nothing where apt has no Debian source. */
export function machineMirror(etc = '/etc/apt'): Mirror | undefined {
  const parts = join(etc, 'sources.list.d');
  const names = existsSync(parts) ? readdirSync(parts).sort() : [];
  const files = [join(etc, 'sources.list'), ...names.map((name) => join(parts, name))].filter((path) =>
    existsSync(path),
  );
  const sources = files.flatMap((path) => {
    if (path.endsWith('.sources')) return parseSources(readFileSync(path, 'utf8'));
    return path.endsWith('.list') ? parseList(readFileSync(path, 'utf8')) : [];
  });
  return mirrorAmong(sources, firstOfMirrorList);
}

/** Debian's cloud images name their mirrors by a file (apt-transport-mirror(1)): its first entry is the one to use. */
function firstOfMirrorList(uri: string): string {
  const path = uri.match(/^mirror\+file:(\/.*)/)?.[1];
  if (path === undefined || !existsSync(path)) return uri;
  return readFileSync(path, 'utf8').match(/^\s*(\w+:\S+)/m)?.[1] ?? uri;
}
