import type { Origin, Problem } from '../../core/compliance/inventory.ts';

/** Archives that the machine has package lists of, by the words that `apt-cache policy` uses for them. */
export type OriginTable = ReadonlyMap<string, Origin>;

/** One package list that the machine's sources ask for. */
export interface PackageSource {
  /** As `apt-cache policy` calls it: `URI suite/component arch Packages`. */
  readonly description: string;
  /** `SITE RELEASE/COMPONENT ARCHITECTURE`, what is there of it. */
  readonly key: string;
  /** Empty for an archive without architectures (a folder of packages). */
  readonly architecture: string;
  /** What the names of its files in the folder of lists begin with. */
  readonly archive: string;
  /** The list is here, compressed or not. */
  readonly present: boolean;
  /** Its archive is signed by a key that apt has checked: only then does apt keep these files. */
  readonly signed: boolean;
}

/** Lines of `apt-get indextargets`: description, site, release, component, architecture, file; and the files that are there. */
export function parseSources(text: string, listFiles: string): PackageSource[] {
  const files = new Set(listFiles.split('\n'));
  const present = new Set([...files].map((file) => file.replace(/\.(?:lz4|xz|gz|bz2|zst|lzma)$/, '')));
  return text.split('\n').flatMap((line) => {
    const fields = line.split('\t').map((field) => (/^\$\([A-Z_]+\)$/.test(field) ? '' : field));
    const [description = '', site = '', release = '', component = '', architecture = '', path = ''] = fields;
    if (fields.length !== 6 || description === '') return [];
    const file = path.slice(path.lastIndexOf('/') + 1);
    const archive = [
      `_Packages`,
      `_binary-${architecture}`,
      component === '' ? '' : `_${component.replaceAll('/', '_')}`,
    ].reduce((name, end) => (name.endsWith(end) ? name.slice(0, name.length - end.length) : name), file);
    return [
      {
        description,
        key: [site, component === '' ? release : `${release}/${component}`, architecture].join(' ').trim(),
        architecture,
        archive,
        present: present.has(file),
        signed: files.has(`${archive}_InRelease`) || files.has(`${archive}_Release.gpg`),
      },
    ];
  });
}

/*
 * Package files:
 *  500 http://mirror.example/debian bookworm/main amd64 Packages
 *      release v=12.15,o=Debian,a=oldstable,n=bookworm,l=Debian,c=main,b=amd64
 *      origin mirror.example
 */
/** `trusted` holds lines of description and `yes` or `no`, where sources override the signatures. */
export function parseArchives(text: string, sources: readonly PackageSource[], trusted: string): OriginTable {
  const signed = new Map(sources.map((source) => [source.description, source.signed]));
  for (const line of trusted.split('\n')) {
    const [description, word] = line.split('\t');
    if (description && (word === 'yes' || word === 'no')) signed.set(description, word === 'yes');
  }
  const origins = new Map<string, Origin>();
  let description = '';
  for (const line of text.split('\n')) {
    const named = /^ {0,4}-?\d+ (.+)$/.exec(line)?.[1];
    if (named !== undefined) description = named;
    const release = /^ {5}release (.*)$/.exec(line)?.[1];
    if (release === undefined) continue;
    const field = (letter: string) => new RegExp(`(?:^|,)${letter}=([^,]*)`).exec(release)?.[1] ?? '';
    origins.set(description, {
      origin: field('o'),
      label: field('l'),
      archive: field('a'),
      codename: field('n'),
      component: field('c'),
      site: description.slice(0, Math.max(0, description.indexOf(' '))),
      trusted: signed.get(description) ?? false,
    });
  }
  return origins;
}

/** Lines of the probe about Release files that name their architectures, by what the names of the files begin with. */
export function parseArchitectures(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const line of text.split('\n')) {
    const [kind, file, names] = line.split('\t');
    if (kind !== 'architectures' || !file || !names) continue;
    found.set(file.replace(/_(?:In)?Release$/, ''), new Set(names.trim().split(/\s+/)));
  }
  return found;
}

/**
 * Sources that are configured but have no package list here. A list that the archive's own Release file does not promise
 * is none that is missing: apt asks for every architecture of the machine, and for `all`, everywhere. Nor is one of an
 * architecture that no package here has (`inUse`).
 */
export function missingSources(
  sources: readonly PackageSource[],
  promised: ReadonlyMap<string, ReadonlySet<string>>,
  inUse: ReadonlySet<string>,
): { configured: number; missing: string[] } {
  const wanted = sources.filter(({ architecture, archive, present }) => {
    if (present || architecture === '') return true;
    return inUse.has(architecture) && (promised.get(archive)?.has(architecture) ?? true);
  });
  const missing = wanted.filter(({ present }) => !present).map(({ key }) => key);
  return { configured: new Set(wanted.map(({ key }) => key)).size, missing: [...new Set(missing)] };
}

export interface ListsAge {
  /** The best that the machine tells of when the lists were fetched; null: nothing does. */
  readonly updatedAt: Date | null;
  /** Release files whose own Valid-Until has passed: the archive itself says that they are too old to trust. */
  readonly expired: readonly { readonly file: string; readonly until: Date }[];
}

/**
 * A machine with the hook that stamps every success (Ubuntu has it) knows best. Where only our own refreshes are
 * stamped, somebody else may have fetched since: the date of a Release file is no later than its fetch. Without any
 * stamp the folder `partial` is what is left, which changes with every try, failed ones too.
 */
export function parseListsAge(text: string, now: Date): ListsAge {
  const moments = new Map<string, number>();
  const expired: { file: string; until: Date }[] = [];
  let released = Number.NEGATIVE_INFINITY;
  for (const line of text.split('\n')) {
    const [kind, second, third] = line.split('\t');
    if (kind === 'valid-until' && second && third) {
      const until = new Date(third);
      if (until.getTime() < now.getTime()) expired.push({ file: second, until });
    } else if (kind === 'release' && third) {
      const date = Date.parse(third);
      if (date > released && date <= now.getTime()) released = date;
    } else if (kind && second && /^\d{1,12}$/.test(second)) moments.set(kind, Number(second) * 1000);
  }
  const moment = (kind: string) => moments.get(kind) ?? Number.NEGATIVE_INFINITY;
  const updated = moments.has('update-success-stamp')
    ? Math.max(moment('refreshed'), moment('update-success-stamp'))
    : moments.has('refreshed')
      ? Math.max(moment('refreshed'), released)
      : (moments.get('partial') ?? released);
  return { updatedAt: Number.isFinite(updated) ? new Date(updated) : null, expired };
}

/**
 * The newest date in the Release files of the lists that are here: whatever the lists hold was published by then. null
 * where an archive is not signed, tells no date or one that is yet to come.
 */
export function parseReleasedAt(text: string, sources: readonly PackageSource[], now: Date): Date | null {
  const dates = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [kind, file, date] = line.split('\t');
    if (kind === 'release' && file && date) dates.set(file.replace(/_(?:In)?Release$/, ''), Date.parse(date));
  }
  const here = sources.filter(({ present }) => present);
  const told = here.map(({ archive, signed }) => (signed ? (dates.get(archive) ?? Number.NaN) : Number.NaN));
  const newest = Math.max(...told);
  return newest <= now.getTime() && told.length > 0 ? new Date(newest) : null;
}

/** Lists older than this are stale: a scan from them is UNKNOWN, never compliant. Debian's security archive signs for 7 days. */
export const STALE_AFTER_DAYS = 7;

export function listsProblems(
  age: ListsAge,
  sources: { configured: number; missing: readonly string[] },
  now: Date,
): Problem[] {
  const next = 'kintsugi scan --refresh';
  const problems: Problem[] = [];
  const add = (code: Problem['code'], message: string) => problems.push({ code, unknown: true, message, next });
  if (sources.configured === 0)
    add('lists-missing', 'No package source is configured: nothing can be said about updates.');
  else if (sources.missing.length >= sources.configured) {
    add('lists-missing', 'There are no package lists: nothing can be said about updates.');
  } else if (sources.missing.length > 0) {
    add(
      'lists-incomplete',
      `The package lists of ${sources.missing.join(', ')} are not there: updates from there would be missed.`,
    );
  }
  for (const { file, until } of age.expired) {
    add('lists-expired', `The package list ${file} was valid until ${until.toISOString()} and has expired.`);
  }
  if (age.updatedAt === null && problems.length === 0) {
    add('lists-stale', 'It cannot be told when the package lists were fetched.');
  }
  if (age.updatedAt !== null && now.getTime() - age.updatedAt.getTime() > STALE_AFTER_DAYS * 86_400_000) {
    add(
      'lists-stale',
      `The package lists are from ${age.updatedAt.toISOString()}, older than ${STALE_AFTER_DAYS} days.`,
    );
  }
  return problems;
}
