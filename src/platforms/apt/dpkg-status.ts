import { scanStanzas, withoutCarriageReturns } from './control-stanzas.ts';
import { sourceOf, stanzaFields } from './stanza-fields.ts';

/** What dpkg knows of one package. https://manpages.debian.org/bookworm/dpkg/dpkg-query.1.en.html */
export interface DpkgPackage {
  readonly name: string;
  /** Empty for a package that is not installed and never was. */
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly sourceVersion: string;
  readonly priority: string;
  readonly section: string;
  /** `install`, `hold`, `deinstall`, `purge` or `unknown`. */
  readonly want: string;
  /** dpkg asks for a reinstallation before anything else may happen to the package. */
  readonly reinstallRequired: boolean;
  /** `installed`, `half-configured`, `config-files`, `not-installed`, … */
  readonly state: string;
  readonly conffiles: readonly Conffile[];
}

/** A configuration file as dpkg last installed it. https://manpages.debian.org/bookworm/dpkg-dev/deb-conffiles.5.en.html */
export interface Conffile {
  readonly path: string;
  /** MD5 of the packaged content, lower case; null for a file that is not there yet (`newconffile`) or has no content. */
  readonly md5: string | null;
  /** The installed version no longer ships it. */
  readonly obsolete: boolean;
  /** The next upgrade takes it away. */
  readonly removeOnUpgrade: boolean;
}

const CONFFILE = /^ *(\S.*?) (newconffile|empty|[0-9a-f]{32})((?: obsolete| remove-on-upgrade)*)$/;

/**
 * Reads /var/lib/dpkg/status, every stanza in file order. Stanzas that dpkg would not accept are left out and named in
 * `problems` (at most 50 lines).
 */
export function readDpkgStatus(buffer: Buffer): {
  readonly packages: readonly DpkgPackage[];
  readonly problems: readonly string[];
} {
  const text = withoutCarriageReturns(buffer);
  const packages: DpkgPackage[] = [];
  const problems = scanStanzas(
    text,
    ({ name, start, end }) => packages.push(dpkgPackage(name, text.toString('utf8', start, end))),
    { versionless: true },
  );
  return { packages, problems };
}

function dpkgPackage(name: string, text: string): DpkgPackage {
  const fields = stanzaFields(text);
  const version = fields.get('version') ?? '';
  const [want = 'unknown', flag = 'ok', state = 'not-installed'] = (fields.get('status') ?? '')
    .split(/\s+/)
    .slice(0, 3);
  return {
    name,
    version,
    architecture: fields.get('architecture') ?? '',
    ...sourceOf(fields, name, version),
    priority: fields.get('priority') ?? '',
    section: fields.get('section') ?? '',
    want: want === '' ? 'unknown' : want,
    reinstallRequired: flag === 'reinstreq',
    state,
    conffiles: conffilesOf(fields.get('conffiles')),
  };
}

/** Lines of ` path md5 [obsolete] [remove-on-upgrade]`. A path may hold blanks, so the line is read from its end. */
function conffilesOf(value: string | undefined): readonly Conffile[] {
  if (value === undefined) return [];
  return value.split('\n').flatMap((line) => {
    const [, path, md5 = '', flags = ''] = CONFFILE.exec(line.trimEnd()) ?? [];
    if (path === undefined) return [];
    return {
      path: path.startsWith('/') ? path : `/${path}`,
      md5: md5.length === 32 ? md5 : null,
      obsolete: flags.includes(' obsolete'),
      removeOnUpgrade: flags.includes(' remove-on-upgrade'),
    };
  });
}
