/** Module streams of rpm distributions. https://docs.fedoraproject.org/en-US/modularity/ */

const STREAMS = /(?:^|:? )([a-z][a-z0-9_+-]*:[a-z0-9][a-z0-9._+-]*)(?:\/[a-z0-9._+-]+)?(?=,? |$)/gi;
const MODULAR = /\.module(?:_|\+)/;

/** True for the versions that module builds have: `1.18.0-8.module_el8.6.0+2880+7d9e3703`. */
export function isModular(version: string): boolean {
  return MODULAR.test(version);
}

/**
 * The stream that an advisory's title names, as in `Moderate: httpd:2.4/httpd security update`. Null where it names
 * none or several (`virt:rhel and virt-devel:rhel`): then nobody told which package belongs to which.
 */
export function moduleOfTitle(title: string): string | null {
  const named = [...title.slice(0, 1000).matchAll(STREAMS)].flatMap(([, stream]) => stream ?? []);
  return named.length === 1 ? (named[0] ?? null) : null;
}

/**
 * Whether a fix in `affected` can reach a package of `module`: streams must be the same, and a fix for a module
 * build says nothing about a plain build of the same name. Where a side does not tell its stream, its version does.
 */
export function sameModule(
  affected: { readonly module?: string; readonly fixed: string | null },
  query: { readonly module?: string | null; readonly availableVersion: string },
): boolean {
  if (affected.module !== undefined && typeof query.module === 'string') return affected.module === query.module;
  const modularFix = affected.module !== undefined || isModular(affected.fixed ?? '');
  const modularPackage = query.module === undefined ? isModular(query.availableVersion) : query.module !== null;
  return modularFix === modularPackage;
}
