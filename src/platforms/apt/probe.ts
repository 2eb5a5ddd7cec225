import type { Inventory, Problem, Target } from '../../core/compliance/inventory.ts';
import { KintsugiError } from '../../core/errors.ts';
import { upgradeVerb } from './commands.ts';
import {
  listsProblems,
  missingSources,
  parseArchitectures,
  parseArchives,
  parseListsAge,
  parseReleasedAt,
  parseSources,
} from './lists.ts';
import { parseOsRelease } from './os.ts';
import { type DpkgPackage, parsePackages } from './packages.ts';
import { parsePolicy } from './policy.ts';
import { machineProblems } from './problems.ts';
import { rebootState, sinceBoot } from './reboot.ts';
import { type Section, splitSections } from './sections.ts';
import { composeScript } from './shell.ts';
import { joinAnswers } from './updates.ts';
import { parseShow, parseUpgradeUris } from './upgrade.ts';

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
  return composeScript('probe.sh', variables, ['locks.sh', 'outside.sh', 'cache.sh']);
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
  if (!sections.has('done')) {
    throw new KintsugiError(
      'ProbeFailed',
      `${context.address}: the probe ended in the middle, after "${[...sections.keys()].at(-1) ?? 'nothing'}".`,
    );
  }
  const os = parseOsRelease(section(sections, 'os-release').text);
  if (os === null) {
    throw new KintsugiError(
      'NoPackageManager',
      `${context.address}: its os-release names no operating system that is known here.`,
    );
  }
  const running = ['local', 'ssh', 'agent'].includes(context.access);
  const sources = parseSources(section(sections, 'sources').text, section(sections, 'list-files').text);
  const origins = parseArchives(section(sections, 'archives').text, sources, sections.get('trusted')?.text ?? '');
  const dpkg = parsePackages(section(sections, 'packages').text);
  const policy = parsePolicy(`${section(sections, 'policy').text}\n${section(sections, 'policy-arriving').text}`);
  const upgrade = parseUpgradeUris(section(sections, 'upgrade').text);
  const show = parseShow(section(sections, 'show').text);
  // What apt prints besides, when it fails, is told by the failure.
  const resolved = section(sections, 'upgrade').code === 0;
  const unread = [...dpkg.unread, ...policy.unread, ...(resolved ? upgrade.unread : []), ...show.unread];
  const native = nativeArchitecture(dpkg.packages);
  const releases = section(sections, 'lists').text;
  const lists = parseListsAge(releases, context.now);
  const { packages, updates } = joinAnswers({
    installed: dpkg.packages,
    native,
    policies: policy.policies,
    archives: upgrade.archives,
    resolved,
    shown: show.entries,
    origins,
  });
  const inUse = new Set([native, ...packages.map(({ architecture }) => architecture)].filter((one) => one !== 'all'));
  // Where apt cannot name its sources, that none is configured is not what is wrong.
  const readable = sections.get('sources')?.code === 0;
  const problems: Problem[] = [
    ...(readable
      ? listsProblems(lists, missingSources(sources, parseArchitectures(releases), inUse), context.now)
      : []),
    ...machineProblems(sections, { facts, packages, unread }),
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
      bootId: running ? facts.get('boot_id') || null : null,
      listsUpdatedAt: sources.some(({ present }) => present) ? (lists.updatedAt?.toISOString() ?? null) : null,
      listsReleasedAt: parseReleasedAt(releases, sources, context.now)?.toISOString() ?? null,
      asRoot: facts.get('uid') === '0',
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

function parseRemovals(text: string): string[] {
  return text
    .split('\n')
    .map((line) => /^(?:Remv|Purg) (\S+)/.exec(line)?.[1])
    .filter((name) => name !== undefined);
}

function runningSystem(facts: ReadonlyMap<string, string>, sections: ReadonlyMap<string, Section>) {
  // One line for each architecture of the C library.
  const libcs = [...section(sections, 'facts').text.matchAll(/^libc_installed=(\d{1,12})$/gm)].map(([, at]) =>
    Number(at),
  );
  const seconds = (name: string) => (/^\d+$/.test(facts.get(name) ?? '') ? Number(facts.get(name)) : null);
  return {
    kernel: facts.get('kernel') ?? '',
    kernelBuild: facts.get('kernel_build') ?? '',
    bootedAt: seconds('boot_time'),
    libcInstalledAt: libcs.length > 0 ? Math.max(...libcs) : null,
    libcDeleted: facts.get('libc_deleted') === '1',
    container: Boolean(facts.get('container')),
    rebootFile: facts.get('reboot_required') === '1',
    rebootPackages: section(sections, 'reboot-packages')
      .text.split('\n')
      .filter((name) => /^[a-z0-9][a-z0-9+.-]{0,127}$/.test(name)),
  };
}
