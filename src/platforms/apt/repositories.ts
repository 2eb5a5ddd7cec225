import { splitSections } from './sections.ts';
import { composeScript } from './shell.ts';

/** One Packages index that configured repositories have, as apt names and keeps it. */
export interface RepositoryTarget {
  /** `SITE RELEASE/COMPONENT ARCHITECTURE` */
  readonly description: string;
  /** Of the Release file, else the suite as the sources write it: `bookworm-security`. */
  readonly codename: string;
  /** The Release file's Origin: `Debian`. */
  readonly origin: string;
  readonly architecture: string;
  /** Where apt keeps the index, uncompressed. */
  readonly file: string;
  /** What the names of its Release files begin with. */
  readonly release: string;
}

/** What came of a look at configured repositories. */
export interface RepositoryLook {
  /** This machine has no apt: nothing can be fetched or verified. */
  readonly noApt: boolean;
  /** null: fetched, or not asked to; otherwise what apt said. */
  readonly failure: string | null;
  readonly targets: readonly RepositoryTarget[];
}

/** `sources` and `state` are absolute paths. `architectures` must be names as dpkg knows them. */
export function composeRepositories(
  nonce: string,
  place: { readonly sources: string; readonly state: string },
  options: { readonly architectures: readonly string[]; readonly update: boolean },
): string {
  const { architectures, update } = options;
  const bad = architectures.find((one) => !isArchitecture(one));
  if (bad !== undefined) throw new Error(`not an architecture: ${JSON.stringify(bad)}`);
  return composeScript('repositories.sh', {
    NONCE: nonce,
    SOURCES: place.sources,
    STATE: place.state,
    ARCHITECTURES: architectures.join(','),
    UPDATE: update ? 'yes' : '',
  });
}

export function isArchitecture(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,31}$/.test(name);
}

export function parseRepositories(output: string, nonce: string): RepositoryLook {
  const sections = splitSections(output, nonce);
  const noApt = sections.has('no-apt');
  if (noApt) return { noApt, failure: 'this machine has no apt-get', targets: [] };
  const listed = sections.get('targets');
  if (listed === undefined || !sections.has('done')) return { noApt, failure: 'it ended in the middle', targets: [] };
  const complaints = sections.get('targets-errors')?.text ?? '';
  const update = sections.get('update');
  const failed =
    update !== undefined && update.code !== 0
      ? failureOf(update.text, `apt-get update ended with ${update.code}`)
      : null;
  const unread = listed.code === 0 ? null : failureOf(complaints, `apt-get indextargets ended with ${listed.code}`);
  return { noApt, failure: failed ?? unread, targets: listed.text.split('\n').flatMap(targetOf) };
}

function failureOf(text: string, otherwise: string): string {
  const lines = text.split('\n').filter((line) => /^(?:[EW]: |Err:)/.test(line));
  return lines.slice(0, 5).join(' ').slice(0, 1000) || otherwise;
}

function targetOf(line: string): RepositoryTarget[] {
  const fields = line.split('\t').map((field) => (/^\$\([A-Z_]+\)$/.test(field) ? '' : field));
  const [
    codename = '',
    suite = '',
    written = '',
    origin = '',
    component = '',
    architecture = '',
    site = '',
    file = '',
  ] = fields;
  if (fields.length !== 8 || !file.startsWith('/')) return [];
  const index = `${component === '' ? '' : `_${component.replaceAll('/', '_')}_binary-${architecture}`}_Packages`;
  return [
    {
      description: [site, component === '' ? written : `${written}/${component}`, architecture].join(' ').trim(),
      codename: codename || written || suite,
      origin,
      architecture,
      file,
      release: file.endsWith(index) ? file.slice(0, -index.length) : file,
    },
  ];
}

/** The release that a suite belongs to: `bookworm` for `bookworm-security`. */
export function releaseOf(codename: string): string {
  return codename.replace(
    /(?:[-/](?:security|updates|proposed-updates|proposed|backports|backports-sloppy|lts))+$/,
    '',
  );
}
