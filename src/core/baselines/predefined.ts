import { nearest } from './nearest.ts';
import type { OperatingSystem, PatchBaseline, PatchFilter, PatchFilterKey, PatchRule } from './types.ts';

const filter = (Key: PatchFilterKey, ...Values: string[]): PatchFilter => ({ Key, Values });

function rule(ApproveAfterDays: number, filters: readonly PatchFilter[], EnableNonSecurity = false): PatchRule {
  return {
    PatchFilterGroup: { PatchFilters: filters },
    ComplianceLevel: 'UNSPECIFIED',
    ApproveAfterDays,
    EnableNonSecurity,
  };
}

/** Rules and what they approve, in words. */
type Content = readonly [text: string, rules: readonly PatchRule[]];

function baseline(os: OperatingSystem, id: string, name: string, [description, rules]: Content): PatchBaseline {
  return {
    BaselineId: id,
    Name: name,
    Description: description,
    OperatingSystem: os,
    GlobalFilters: { PatchFilters: [] },
    ApprovalRules: { PatchRules: rules },
    ApprovedPatches: [],
    ApprovedPatchesComplianceLevel: 'UNSPECIFIED',
    ApprovedPatchesEnableNonSecurity: false,
    RejectedPatches: [],
    RejectedPatchesAction: 'ALLOW_AS_DEPENDENCY',
    Sources: [],
  };
}

const security = filter('CLASSIFICATION', 'Security');
const bugfix = filter('CLASSIFICATION', 'Bugfix');
const anyProduct = filter('PRODUCT', '*');

const RPM: Content = [
  'Critical and important security updates, and bug fixes, after 7 days',
  [rule(7, [security, filter('SEVERITY', 'Critical', 'Important')]), rule(7, [bugfix])],
];

const ORACLE: Content = [
  'Important and moderate security updates, and bug fixes, after 7 days',
  [rule(7, [security, filter('SEVERITY', 'Important', 'Moderate')]), rule(7, [bugfix])],
];

const CENTOS: Content = ['All updates, security or not, after 7 days', [rule(7, [anyProduct], true)]];

const SUSE: Content = [
  'Critical and important security updates, after 7 days',
  [rule(7, [security, filter('SEVERITY', 'Critical', 'Important')])],
];

// AWS's engine looks at no delay on these and so approves at once; ours honours delays, so it is written as 0 here.
// Archives write priorities in lower case: filters do not mind.
const APT: Content = [
  'Security updates of every priority, at once',
  [rule(0, [filter('PRIORITY', 'Required', 'Important', 'Standard', 'Optional', 'Extra')])],
];

const MACOS: Content = [
  'Security updates, and every package with a current update, at once',
  [rule(0, [security]), rule(0, [anyProduct], true)],
];

const windowsRule = rule(7, [
  filter('PATCH_SET', 'OS'),
  filter('CLASSIFICATION', 'CriticalUpdates', 'SecurityUpdates'),
  filter('MSRC_SEVERITY', 'Critical', 'Important'),
]);

const WINDOWS: Content = [
  'Critical updates and security updates of Windows that are critical or important, after 7 days',
  [windowsRule],
];

const WINDOWS_AND_APPLICATIONS: Content = [
  'As AWS-WindowsPredefinedPatchBaseline-OS, and every update of Microsoft applications, after 7 days',
  [windowsRule, rule(7, [filter('PATCH_SET', 'APPLICATION')])],
];

/**
 * The baselines that are there without anybody making them, under AWS's names: tools look for these. The id is `pb-`
 * and the first 17 hex digits of the SHA-256 of the name; it never changes.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-predefined-and-custom-patch-baselines.html
 */
export const predefinedBaselines: readonly PatchBaseline[] = [
  baseline('AMAZON_LINUX', 'pb-d833d87d8f155b4e3', 'AWS-AmazonLinuxDefaultPatchBaseline', RPM),
  baseline('AMAZON_LINUX_2', 'pb-5151d2f02945a612d', 'AWS-AmazonLinux2DefaultPatchBaseline', RPM),
  baseline('AMAZON_LINUX_2022', 'pb-69efbe80f35abaac9', 'AWS-AmazonLinux2022DefaultPatchBaseline', RPM),
  baseline('AMAZON_LINUX_2023', 'pb-a07d482287968ab7b', 'AWS-AmazonLinux2023DefaultPatchBaseline', RPM),
  baseline('REDHAT_ENTERPRISE_LINUX', 'pb-d5ca5b8f1de4f2635', 'AWS-RedHatDefaultPatchBaseline', RPM),
  baseline('ROCKY_LINUX', 'pb-110d348ebbb658c8f', 'AWS-RockyLinuxDefaultPatchBaseline', RPM),
  baseline('ALMA_LINUX', 'pb-c443bb9f0001180dd', 'AWS-AlmaLinuxDefaultPatchBaseline', RPM),
  baseline('ORACLE_LINUX', 'pb-dd4cda00147e3b976', 'AWS-OracleLinuxDefaultPatchBaseline', ORACLE),
  baseline('CENTOS', 'pb-61c2f79a91cd26db0', 'AWS-CentOSDefaultPatchBaseline', CENTOS),
  baseline('SUSE', 'pb-8393e7f7d436197f4', 'AWS-SuseDefaultPatchBaseline', SUSE),
  baseline('DEBIAN', 'pb-75b114c507d400ec2', 'AWS-DebianDefaultPatchBaseline', APT),
  baseline('RASPBIAN', 'pb-1ba2fb3fbd5b7a978', 'AWS-DefaultRaspbianPatchBaseline', APT),
  baseline('UBUNTU', 'pb-fbf2e4310777262db', 'AWS-UbuntuDefaultPatchBaseline', APT),
  baseline('MACOS', 'pb-8bb17cb228b4790b9', 'AWS-MacOSDefaultPatchBaseline', MACOS),
  baseline('WINDOWS', 'pb-34fe5531a3f8534ba', 'AWS-DefaultPatchBaseline', WINDOWS),
  baseline('WINDOWS', 'pb-dc4a31ca3737ac0ff', 'AWS-WindowsPredefinedPatchBaseline-OS', WINDOWS),
  baseline(
    'WINDOWS',
    'pb-8bb567054b841b1c8',
    'AWS-WindowsPredefinedPatchBaseline-OS-Applications',
    WINDOWS_AND_APPLICATIONS,
  ),
];

// Windows has three; AWS's own default is the first.
const DEFAULTS = new Map<OperatingSystem, PatchBaseline>();
for (const one of predefinedBaselines) if (!DEFAULTS.has(one.OperatingSystem)) DEFAULTS.set(one.OperatingSystem, one);

/** The baseline that judges a machine of `os` where nobody chose another. Every operating system has one. */
export function predefinedFor(os: OperatingSystem): PatchBaseline {
  const found = DEFAULTS.get(os);
  if (found === undefined) throw new Error(`no predefined baseline for ${os}`);
  return found;
}

/** By name (case does not count) or id; also by an ARN that ends in one of our ids. */
export function findPredefined(nameOrId: string): PatchBaseline | null {
  const wanted = nameOrId.toLowerCase();
  const id = wanted.slice(wanted.lastIndexOf('/') + 1);
  return predefinedBaselines.find((one) => one.Name.toLowerCase() === wanted || one.BaselineId === id) ?? null;
}

/** The predefined name that was most likely meant, or null. What all names share does not count: `debian` is enough. */
export function nearestPredefined(name: string): string | null {
  const stem = (full: string) => full.replace(/^AWS-|Default|Predefined|PatchBaseline/gi, '');
  const found = nearest(
    stem(name),
    predefinedBaselines.map((one) => stem(one.Name)),
  );
  return predefinedBaselines.find((one) => found !== null && stem(one.Name) === found)?.Name ?? null;
}
