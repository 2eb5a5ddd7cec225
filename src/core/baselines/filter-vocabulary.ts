import type { OperatingSystem, PatchFilterKey } from './types.ts';

/** Values of one filter key; null: free text. `*` is always allowed. */
type Vocabulary = Partial<Record<PatchFilterKey, readonly string[] | null>>;

const WINDOWS: Vocabulary = {
  PATCH_SET: ['OS', 'APPLICATION'],
  PRODUCT: null,
  PRODUCT_FAMILY: null,
  CLASSIFICATION: [
    'CriticalUpdates',
    'DefinitionUpdates',
    'Drivers',
    'FeaturePacks',
    'SecurityUpdates',
    'ServicePacks',
    'Tools',
    'UpdateRollups',
    'Updates',
    'Upgrades',
  ],
  MSRC_SEVERITY: ['Critical', 'Important', 'Moderate', 'Low', 'Unspecified'],
};

const APT: Vocabulary = {
  PRODUCT: null,
  PRIORITY: ['Required', 'Important', 'Standard', 'Optional', 'Extra'],
  SECTION: null,
};

// AWS lists Medium for most of these and Moderate for Oracle Linux, and treats the two as one.
const RPM: Vocabulary = {
  PRODUCT: null,
  CLASSIFICATION: ['Security', 'Bugfix', 'Enhancement', 'Recommended', 'Newpackage'],
  SEVERITY: ['Critical', 'Important', 'Medium', 'Moderate', 'Low'],
};

const RPM_WITH_NONE: Vocabulary = { ...RPM, SEVERITY: ['Critical', 'Important', 'Medium', 'Moderate', 'Low', 'None'] };

const SUSE: Vocabulary = {
  PRODUCT: null,
  CLASSIFICATION: ['Security', 'Recommended', 'Optional', 'Feature', 'Document', 'Yast'],
  SEVERITY: ['Critical', 'Important', 'Moderate', 'Low'],
};

// AWS names the two keys of macOS and publishes no list of its classifications.
const MACOS: Vocabulary = { PRODUCT: null, CLASSIFICATION: null };

/**
 * The filter keys of each operating system and their values, in AWS's spelling.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PatchFilter.html
 */
const VOCABULARY: Readonly<Record<OperatingSystem, Vocabulary>> = {
  WINDOWS,
  AMAZON_LINUX: RPM,
  AMAZON_LINUX_2: RPM,
  AMAZON_LINUX_2022: RPM_WITH_NONE,
  AMAZON_LINUX_2023: RPM_WITH_NONE,
  REDHAT_ENTERPRISE_LINUX: RPM,
  CENTOS: RPM,
  ORACLE_LINUX: RPM,
  ROCKY_LINUX: RPM,
  ALMA_LINUX: RPM,
  SUSE,
  UBUNTU: APT,
  DEBIAN: APT,
  RASPBIAN: APT,
  MACOS,
};

export function filterKeys(os: OperatingSystem): readonly PatchFilterKey[] {
  return Object.keys(VOCABULARY[os]) as PatchFilterKey[];
}

/** The values that `key` takes on `os`, in AWS's spelling; null: free text (or not a key of this operating system). */
export function filterValues(os: OperatingSystem, key: PatchFilterKey): readonly string[] | null {
  return VOCABULARY[os][key] ?? null;
}

export function operatingSystemsWithKey(key: PatchFilterKey): readonly OperatingSystem[] {
  return (Object.keys(VOCABULARY) as OperatingSystem[]).filter((os) => key in VOCABULARY[os]);
}

/** The approval delays of AWS do nothing on these; ours work there too. */
export function isApt(os: OperatingSystem): boolean {
  return os === 'DEBIAN' || os === 'UBUNTU' || os === 'RASPBIAN';
}
