import type { Patch } from '@aws-sdk/client-ssm';
import { isApt } from '../../../core/baselines/filter-vocabulary.ts';
import type { OperatingSystem } from '../../../core/baselines/types.ts';
import type { AvailablePatch } from '../available-patches.ts';
import { severityWord } from '../patch-words.ts';

/** The vendors of the operating systems whose patches have one. */
const VENDORS: Readonly<Record<OperatingSystem, string>> = {
  WINDOWS: 'Microsoft',
  AMAZON_LINUX: 'Amazon.com',
  AMAZON_LINUX_2: 'Amazon.com',
  AMAZON_LINUX_2022: 'Amazon.com',
  AMAZON_LINUX_2023: 'Amazon.com',
  UBUNTU: 'Ubuntu',
  REDHAT_ENTERPRISE_LINUX: 'Red Hat',
  SUSE: 'SUSE',
  CENTOS: 'CentOS',
  ORACLE_LINUX: 'Oracle',
  DEBIAN: 'Debian',
  MACOS: 'Apple',
  RASPBIAN: 'Raspbian',
  ROCKY_LINUX: 'Rocky Linux',
  ALMA_LINUX: 'AlmaLinux',
};

/** A version by the parts that its package manager gives it: what apt calls a version is one text. */
export interface VersionParts {
  readonly epoch: string | null;
  readonly version: string;
  readonly release: string | null;
}

export function versionParts(text: string, os: OperatingSystem): VersionParts {
  if (isApt(os)) return { epoch: null, version: text, release: null };
  const [, epoch, version = text, release] = /^(?:([0-9]+):)?(.+?)(?:-([^-]+))?$/.exec(text) ?? [];
  return { epoch: epoch ?? '0', version, release: release ?? null };
}

/** An available version as AWS answers it, Linux's words in capitals as its answers have them. */
export function patchOutput(row: AvailablePatch): Patch {
  const { epoch, version, release } = versionParts(row.version, row.operatingSystem);
  const title = `${row.name}.${row.architecture}:${row.version}`;
  return {
    ReleaseDate: row.releasedAt ?? row.firstSeen,
    Title: title,
    Vendor: VENDORS[row.operatingSystem],
    Product: row.product,
    ...(row.classification !== null && { Classification: row.classification.toUpperCase() }),
    AdvisoryIds: [...row.advisories],
    CVEIds: [...row.cves],
    Name: row.name,
    ...(epoch !== null && { Epoch: Number(epoch) }),
    Version: version,
    ...(release !== null && { Release: release }),
    Arch: row.architecture,
    Severity: severityWord(row.severity?.mapped ?? null).toUpperCase(),
    ...(row.repository !== null && { Repository: row.repository }),
  };
}
