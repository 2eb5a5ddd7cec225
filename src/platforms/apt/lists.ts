import type { Origin, Problem } from '../../core/compliance/inventory.ts';

/** Archives that the machine has package lists of, by the words that `apt-cache policy` uses for them. */
export type OriginTable = ReadonlyMap<string, Origin>;

/** Lines of `apt-get indextargets`: description, release, origin, label, suite, codename, component, site, trusted, file. */
export function parseTargets(text: string): { origins: OriginTable; present: ReadonlySet<string> } {
  const origins = new Map<string, Origin>();
  const present = new Set<string>();
  for (const line of text.split('\n')) {
    const fields = line.split('\t').map((field) => (/^\$\([A-Z_]+\)$/.test(field) ? '' : field));
    const [description, release, origin, label, archive, codename, component, site, trusted] = fields;
    if (!description || fields.length < 10) continue;
    origins.set(description, {
      origin: origin ?? '',
      label: label ?? '',
      archive: archive ?? '',
      codename: codename ?? '',
      component: component ?? '',
      site: site ?? '',
      trusted: trusted === 'yes',
    });
    present.add(sourceKey(site, release, component));
  }
  return { origins, present };
}

/** Sources that are configured but have no package list here, as `SITE RELEASE/COMPONENT`. */
export function missingSources(text: string, present: ReadonlySet<string>): { configured: number; missing: string[] } {
  const configured = new Set<string>();
  for (const line of text.split('\n')) {
    const [site, release, component] = line.split('\t');
    if (site && release !== undefined) configured.add(sourceKey(site, release, component));
  }
  return { configured: configured.size, missing: [...configured].filter((source) => !present.has(source)) };
}

function sourceKey(site = '', release = '', component = ''): string {
  return `${site} ${release}/${component}`.replace(/\$\([A-Z_]+\)/g, '');
}

export interface ListsAge {
  /** Newest moment at which the lists may have been fetched; a failed try counts too where the machine keeps no better record. */
  readonly updatedAt: Date | null;
  /** Release files whose own Valid-Until has passed: the archive itself says that they are too old to trust. */
  readonly expired: readonly { readonly file: string; readonly until: Date }[];
}

export function parseListsAge(text: string, now: Date): ListsAge {
  const moments = new Map<string, Date>();
  const expired: { file: string; until: Date }[] = [];
  for (const line of text.split('\n')) {
    const [kind, second, third] = line.split('\t');
    if (kind === 'valid-until' && second && third) {
      const until = new Date(third);
      if (until.getTime() < now.getTime()) expired.push({ file: second, until });
    } else if (kind && second && /^\d{1,12}$/.test(second)) {
      moments.set(kind, new Date(Number(second) * 1000));
    }
  }
  const best = [moments.get('kintsugi'), moments.get('periodic/update-success-stamp')].filter(
    (moment) => moment !== undefined,
  );
  const fallback = moments.get('lists/partial') ?? null;
  const updatedAt = best.length > 0 ? new Date(Math.max(...best.map((moment) => moment.getTime()))) : fallback;
  return { updatedAt, expired };
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
  if (age.updatedAt !== null && now.getTime() - age.updatedAt.getTime() > STALE_AFTER_DAYS * 86_400_000) {
    add(
      'lists-stale',
      `The package lists are from ${age.updatedAt.toISOString()}, older than ${STALE_AFTER_DAYS} days.`,
    );
  }
  return problems;
}
