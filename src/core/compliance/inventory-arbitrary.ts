import fc from 'fast-check';
import {
  COMPLIANCE_LEVELS,
  type PatchBaseline,
  type PatchFilter,
  type PatchFilterGroup,
  type PatchRule,
} from '../baselines/types.ts';
import {
  type AvailableUpdate,
  BLOCKED_REASONS,
  type InstalledPackage,
  type Inventory,
  type Origin,
  PROBLEM_CODES,
} from './inventory.ts';

/** Packages, inventories and baselines as tests need them: one real machine's openssl, and variations of it. */

export const NOW = new Date('2026-11-22T12:00:00Z');

export const MAIN: Origin = {
  origin: 'Debian',
  label: 'Debian',
  archive: 'oldstable',
  codename: 'bookworm',
  component: 'main',
  site: 'http://mirror.example/debian',
  trusted: true,
};

export const SECURITY: Origin = {
  ...MAIN,
  label: 'Debian-Security',
  archive: 'oldstable-security',
  codename: 'bookworm-security',
  site: 'http://mirror.example/debian-security',
};

export function installed(more: Partial<InstalledPackage> = {}): InstalledPackage {
  return {
    name: 'openssl',
    architecture: 'amd64',
    version: '3.0.20-1~deb12u2',
    source: more.name ?? 'openssl',
    sourceVersion: more.version ?? '3.0.20-1~deb12u2',
    priority: 'optional',
    section: 'utils',
    installedKiB: 2294,
    status: 'installed',
    held: false,
    origins: [MAIN],
    ...more,
  };
}

export function updateOf(one: InstalledPackage, more: Partial<AvailableUpdate> = {}): AvailableUpdate {
  return {
    name: one.name,
    architecture: one.architecture,
    version: '3.0.22-1~deb12u2',
    installedVersion: one.version,
    source: one.source,
    sourceVersion: more.version ?? '3.0.22-1~deb12u2',
    priority: one.priority,
    section: one.section,
    origins: [SECURITY],
    size: 1_436_268,
    installedKiB: 2294,
    blocked: null,
    ...more,
  };
}

export function inventory(more: Partial<Inventory> = {}): Inventory {
  return {
    target: {
      access: 'local',
      address: 'web1',
      hostname: 'web1',
      os: {
        id: 'debian',
        versionId: '12',
        codename: 'bookworm',
        prettyName: 'Debian GNU/Linux 12 (bookworm)',
        operatingSystem: 'DEBIAN',
        product: 'Debian12',
        ecosystem: 'debian:12',
      },
      architecture: 'amd64',
      kernel: '6.1.0-44-amd64',
    },
    packages: [installed()],
    updates: [],
    removals: [],
    installedSinceBoot: [],
    reboot: { required: false, reasons: [] },
    evidence: {
      gatheredAt: NOW.toISOString(),
      listsUpdatedAt: '2026-11-22T06:00:00.000Z',
      tools: { apt: '2.6.1', dpkg: '1.21.22' },
      exitCodes: { packages: 0, policy: 0, upgrade: 0 },
      problems: [],
    },
    ...more,
  };
}

export function rule(more: Partial<PatchRule> = {}): PatchRule {
  return { PatchFilterGroup: { PatchFilters: [] }, ApproveAfterDays: 0, ...more };
}

export function baseline(more: Partial<Omit<PatchBaseline, 'ApprovalRules'>> = {}, rules: readonly PatchRule[] = []) {
  return {
    Name: 'test-baseline',
    OperatingSystem: 'DEBIAN',
    GlobalFilters: { PatchFilters: [] },
    ApprovedPatches: [],
    ApprovedPatchesComplianceLevel: 'UNSPECIFIED',
    ApprovedPatchesEnableNonSecurity: false,
    RejectedPatches: [],
    RejectedPatchesAction: 'ALLOW_AS_DEPENDENCY',
    Sources: [],
    ...more,
    ApprovalRules: { PatchRules: rules },
  } satisfies PatchBaseline;
}

const NAMES = ['openssl', 'libssl3', 'bash', 'python3.11', 'libfoo', 'curl'];
const STATUSES = ['installed', 'installed', 'installed', 'half-configured', 'unpacked', 'triggers-pending'] as const;

/** Inventories in which every update has its package, as a probe makes them. */
export function inventories(): fc.Arbitrary<Inventory> {
  const origins = fc.subarray([MAIN, SECURITY]);
  const one = fc.record({
    name: fc.constantFrom(...NAMES),
    architecture: fc.constantFrom('amd64', 'i386', 'all'),
    status: fc.constantFrom(...STATUSES),
    priority: fc.constantFrom('required', 'optional', 'extra', ''),
    section: fc.constantFrom('libs', 'net', ''),
    origins,
    update: fc.constantFrom('none', 'offered', ...BLOCKED_REASONS),
    updateOrigins: origins,
    pending: fc.boolean(),
  });
  const problem = fc.record({
    code: fc.constantFrom(...PROBLEM_CODES),
    unknown: fc.boolean(),
    message: fc.constant('It is so.'),
    next: fc.constant(null),
  });
  const arrivals = fc.subarray(['linux-image-6.1.0-50-amd64', 'libnew1']);
  const ones = fc.uniqueArray(one, { maxLength: 6, selector: ({ name, architecture }) => `${name}:${architecture}` });
  return fc.tuple(ones, arrivals, fc.array(problem, { maxLength: 3 })).map(([list, fresh, problems]) => {
    const packages = list.map(({ update: _, updateOrigins: __, pending: ___, ...more }) => installed(more));
    const updates = list.flatMap(({ update, updateOrigins }, index) => {
      const here = packages[index];
      if (here === undefined || update === 'none') return [];
      const blocked = update === 'offered' ? null : { reason: update, detail: 'It is so.' };
      return [updateOf(here, { origins: updateOrigins, blocked })];
    });
    const arriving = fresh.map((name) => updateOf(installed({ name }), { installedVersion: null }));
    const waiting = packages.filter((_, index) => list[index]?.pending);
    const reasons = waiting.map(({ name }) => ({ signal: 'libc' as const, detail: 'It is so.', packages: [name] }));
    const usual = inventory();
    return {
      ...usual,
      packages,
      updates: [...updates, ...arriving],
      installedSinceBoot: waiting,
      reboot: { required: waiting.length > 0, reasons },
      evidence: { ...usual.evidence, problems },
    };
  });
}

const VALUES = {
  PRODUCT: ['Debian12', 'Debian*', 'Debian11', '*'],
  PRIORITY: ['required', 'Optional', 'extra'],
  SECTION: ['libs', 'net', 'utils', '*'],
} as const;

/** Baselines whose filters, lists and dates often touch what `inventories` and the tests' candidates hold. */
export function debianBaselines(): fc.Arbitrary<PatchBaseline> {
  const filter: fc.Arbitrary<PatchFilter> = fc
    .constantFrom('PRODUCT' as const, 'PRIORITY' as const, 'SECTION' as const)
    .chain((Key) => fc.record({ Key: fc.constant(Key), Values: fc.subarray([...VALUES[Key]], { minLength: 1 }) }));
  const group: fc.Arbitrary<PatchFilterGroup> = fc.record({ PatchFilters: fc.array(filter, { maxLength: 2 }) });
  const days = fc.constantFrom(0, 1, 7, 30, 360);
  const urgency = fc.record(
    {
      KnownExploited: fc.record({ ApproveAfterDays: days }),
      Epss: fc.record({ AtLeast: fc.constantFrom(0, 0.1, 0.9), ApproveAfterDays: days }),
    },
    { requiredKeys: [] },
  );
  const common = {
    PatchFilterGroup: group,
    ComplianceLevel: fc.constantFrom(...COMPLIANCE_LEVELS),
    EnableNonSecurity: fc.boolean(),
    Kintsugi: urgency,
  };
  const until = fc.constantFrom('2019-12-31', '2026-11-22', '2030-01-01');
  const rules: fc.Arbitrary<PatchRule> = fc.oneof(
    fc.record({ ...common, ApproveAfterDays: days }, { requiredKeys: ['PatchFilterGroup'] }),
    fc.record({ ...common, ApproveUntilDate: until }, { requiredKeys: ['PatchFilterGroup', 'ApproveUntilDate'] }),
  );
  const names = fc.subarray([...NAMES.slice(0, 3), 'lib*', 'openssl.i386', 'openssl=3.0.22*', 'DSA-6015-1'], {
    maxLength: 2,
  });
  const lists = fc.record({
    GlobalFilters: fc.oneof({ weight: 3, arbitrary: fc.constant({ PatchFilters: [] }) }, group),
    ApprovedPatches: names,
    ApprovedPatchesComplianceLevel: fc.constantFrom(...COMPLIANCE_LEVELS),
    ApprovedPatchesEnableNonSecurity: fc.boolean(),
    RejectedPatches: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, names),
    RejectedPatchesAction: fc.constantFrom('ALLOW_AS_DEPENDENCY' as const, 'BLOCK' as const),
  });
  return fc.tuple(lists, fc.array(rules, { maxLength: 3 })).map(([more, list]) => baseline(more, list));
}
