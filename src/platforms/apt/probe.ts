import type {
  AvailableUpdate,
  BlockedReason,
  InstalledPackage,
  Inventory,
  Origin,
  Problem,
  Target,
} from '../../core/compliance/inventory.ts';
import { KintsugiError } from '../../core/errors.ts';
import { upgradeVerb } from './commands.ts';
import {
  listsProblems,
  missingSources,
  type OriginTable,
  parseArchives,
  parseListsAge,
  parseSources,
} from './lists.ts';
import { parseOsRelease } from './os.ts';
import { type DpkgPackage, parsePackages } from './packages.ts';
import { type PackagePolicy, parsePolicy } from './policy.ts';
import { machineProblems } from './problems.ts';
import { rebootState, sinceBoot } from './reboot.ts';
import { type Section, splitSections } from './sections.ts';
import { composeScript } from './shell.ts';
import { type IndexEntry, parseShow, parseUpgradeUris } from './upgrade.ts';

export interface ProbeRequest {
  /** Hexadecimal, at least 16 digits, new for every run. */
  readonly nonce: string;
  /** A root filesystem to look at from outside with this machine's tools; null: the machine (or chroot) that runs the script. */
  readonly root: string | null;
  /** Ask for `dist-upgrade`, which may remove packages, instead of the verb that never does. */
  readonly full: boolean;
}

export function composeProbe(request: ProbeRequest): string {
  const variables = {
    NONCE: request.nonce,
    ROOT: request.root ?? '',
    VERB: upgradeVerb(request.full).join(' '),
    FULL: request.full ? '1' : '0',
  };
  return composeScript('probe.sh', variables, ['locks.sh', 'outside.sh']);
}

export interface ProbeContext {
  readonly access: Target['access'];
  readonly address: string;
  readonly nonce: string;
  /** By the clock of the machine that asked. */
  readonly now: Date;
}

/**
 * The inventory that a probe's output tells. Whatever could not be gathered becomes a problem that makes the target
 * UNKNOWN; a machine that has no apt or no known operating system is refused with an error.
 */
export function parseProbe(output: string, context: ProbeContext): Inventory {
  const sections = splitSections(output, context.nonce);
  const facts = parseFacts(section(sections, 'facts').text);
  if (sections.has('no-apt')) {
    throw new KintsugiError('NoPackageManager', `${context.address} has no dpkg and apt.`);
  }
  if (sections.has('no-temporary-folder')) {
    throw new KintsugiError('ProbeFailed', `${context.address}: no temporary folder could be made in TMPDIR or /tmp.`);
  }
  const os = parseOsRelease(section(sections, 'os-release').text);
  if (os === null) {
    throw new KintsugiError(
      'NoPackageManager',
      `${context.address}: its os-release names no operating system that is known here.`,
    );
  }
  if (!sections.has('done')) {
    throw new KintsugiError(
      'ProbeFailed',
      `${context.address}: the probe ended in the middle, after "${[...sections.keys()].at(-1)}".`,
    );
  }
  const running = context.access === 'local' || context.access === 'ssh';
  const sources = parseSources(section(sections, 'sources').text, section(sections, 'list-files').text);
  const origins = parseArchives(section(sections, 'archives').text, sources, sections.get('trusted')?.text ?? '');
  const dpkg = parsePackages(section(sections, 'packages').text);
  const policies = new Map(parsePolicy(section(sections, 'policy').text).map((policy) => [policy.name, policy]));
  const upgrade = parseUpgradeUris(section(sections, 'upgrade').text);
  const native = nativeArchitecture(dpkg.packages);
  const lists = parseListsAge(section(sections, 'lists').text, context.now);
  const shown = new Map(
    parseShow(section(sections, 'show').text).map((entry) => [
      `${entry.name} ${entry.architecture} ${entry.version}`,
      entry,
    ]),
  );

  const packages = dpkg.packages.map((one): InstalledPackage => {
    const policy = policies.get(policyName(one, native));
    return { ...one, origins: originsOf(policy, one.version, origins) };
  });
  const planned = new Map(upgrade.archives.map((archive) => [`${archive.name} ${archive.architecture}`, archive]));
  const updates: AvailableUpdate[] = [];
  for (const one of packages) {
    const policy = policies.get(policyName(one, native));
    const archive = planned.get(`${one.name} ${one.architecture}`) ?? planned.get(`${one.name} all`);
    const version = archive?.version ?? policy?.candidate ?? null;
    planned.delete(`${one.name} ${archive?.architecture}`);
    if (version === null || version === one.version) continue;
    if (archive === undefined && !isNewer(policy, version, one.version)) continue;
    const architecture = archive?.architecture ?? one.architecture;
    const entry = shown.get(`${one.name} ${architecture} ${version}`) ?? shown.get(`${one.name} all ${version}`);
    updates.push({
      ...available(one.name, entry?.architecture ?? architecture, version, entry, one),
      installedVersion: one.version,
      origins: originsOf(policy, version, origins),
      size: archive?.size ?? entry?.size ?? null,
      blocked: archive === undefined ? blocked(one, policy, version) : null,
    });
  }
  for (const archive of planned.values()) {
    const entry = shown.get(`${archive.name} ${archive.architecture} ${archive.version}`);
    updates.push({
      ...available(archive.name, archive.architecture, archive.version, entry, null),
      installedVersion: null,
      origins: originsByUri(archive.uri, origins),
      size: archive.size,
      blocked: null,
    });
  }
  const problems: Problem[] = [
    ...listsProblems(lists, missingSources(sources), context.now),
    ...machineProblems(sections, { facts, packages, unread: [...dpkg.unread, ...upgrade.unread] }),
  ];
  return {
    target: {
      access: context.access,
      address: context.address,
      hostname: running ? (facts.get('hostname') ?? '') : '',
      os,
      architecture: native,
      kernel: running && !facts.get('container') ? (facts.get('kernel') ?? null) : null,
    },
    packages,
    updates,
    removals: parseRemovals(sections.get('removals')?.text ?? ''),
    installedSinceBoot: running
      ? sinceBoot(section(sections, 'kintsugi-installed').text, facts.get('boot_id') ?? '')
      : [],
    reboot: running ? rebootState(runningSystem(facts, sections), packages) : { required: false, reasons: [] },
    evidence: {
      gatheredAt: context.now.toISOString(),
      listsUpdatedAt: lists.updatedAt?.toISOString() ?? null,
      tools: Object.fromEntries(
        packages.filter(({ name }) => name === 'apt' || name === 'dpkg').map(({ name, version }) => [name, version]),
      ),
      exitCodes: Object.fromEntries(
        [...sections].filter(([name]) => COMMANDS.has(name)).map(([name, { code }]) => [name, code]),
      ),
      problems,
    },
  };
}

const COMMANDS: ReadonlySet<string> = new Set(['packages', 'sources', 'archives', 'policy', 'upgrade']);

function section(sections: ReadonlyMap<string, Section>, name: string): Section {
  return sections.get(name) ?? { text: '', code: -1 };
}

function parseFacts(text: string): ReadonlyMap<string, string> {
  const facts = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0) facts.set(line.slice(0, at), line.slice(at + 1));
  }
  return facts;
}

function nativeArchitecture(packages: readonly DpkgPackage[]): string {
  return packages.find(({ name }) => name === 'dpkg')?.architecture ?? packages[0]?.architecture ?? '';
}

/** apt names a foreign architecture behind a colon, and never the native one or `all`. */
function policyName(one: { name: string; architecture: string }, native: string): string {
  return one.architecture === native || one.architecture === 'all' ? one.name : `${one.name}:${one.architecture}`;
}

function originsOf(policy: PackagePolicy | undefined, version: string, origins: OriginTable): Origin[] {
  const sources = policy?.versions.find((one) => one.version === version)?.sources ?? [];
  return sources.map((source) => origins.get(source)).filter((origin) => origin !== undefined);
}

/** A new package has no policy of its own in the answer: the archive that would be downloaded tells where it comes from. */
function originsByUri(uri: string, origins: OriginTable): Origin[] {
  const matching = [...origins.values()].filter(
    ({ site }) => site !== '' && uri.startsWith(`${site.replace(/\/$/, '')}/`),
  );
  const longest = Math.max(0, ...matching.map(({ site }) => site.length));
  return matching.filter(({ site }) => site.length === longest);
}

/** apt's candidate may be older than what is installed (a downgrade by pin, a package from elsewhere): no update then. */
function isNewer(policy: PackagePolicy | undefined, candidate: string, installed: string): boolean {
  const order = policy?.versions.map(({ version }) => version) ?? [];
  return order.indexOf(candidate) < order.indexOf(installed);
}

function available(
  name: string,
  architecture: string,
  version: string,
  entry: IndexEntry | undefined,
  installed: DpkgPackage | null,
) {
  return {
    name,
    architecture,
    version,
    source: entry?.source ?? installed?.source ?? name,
    sourceVersion: entry?.sourceVersion ?? version,
    priority: entry?.priority || installed?.priority || '',
    section: entry?.section || installed?.section || '',
    installedKiB: entry?.installedKiB ?? null,
  };
}

function blocked(
  one: DpkgPackage,
  policy: PackagePolicy | undefined,
  version: string,
): { reason: BlockedReason; detail: string } {
  if (one.held) return { reason: 'held', detail: `It is on hold: \`apt-mark unhold ${one.name}\` lets it go.` };
  const phased = policy?.versions.find((entry) => entry.version === version)?.phased ?? null;
  if (phased !== null)
    return { reason: 'phased', detail: `It is offered to ${phased} % of machines so far, and not yet to this one.` };
  return {
    reason: 'kept-back',
    detail: 'Installing it would remove a package, or something that it needs is not available.',
  };
}

function parseRemovals(text: string): string[] {
  return text
    .split('\n')
    .map((line) => /^Remv (\S+)/.exec(line)?.[1])
    .filter((name) => name !== undefined);
}

function runningSystem(facts: ReadonlyMap<string, string>, sections: ReadonlyMap<string, Section>) {
  const seconds = (name: string) => (/^\d+$/.test(facts.get(name) ?? '') ? Number(facts.get(name)) : null);
  return {
    kernel: facts.get('kernel') ?? '',
    kernelBuild: facts.get('kernel_build') ?? '',
    bootedAt: seconds('boot_time'),
    libcInstalledAt: seconds('libc_installed'),
    libcDeleted: facts.get('libc_deleted') === '1',
    container: Boolean(facts.get('container')),
    rebootFile: facts.get('reboot_required') === '1',
    rebootPackages: section(sections, 'reboot-packages')
      .text.split('\n')
      .filter((name) => /^[a-z0-9][a-z0-9+.-]{0,127}$/.test(name)),
  };
}
