import type { Severity } from '../../core/advisories/types.ts';
import type { DecidingRule, PatchCounts, PatchResult, ScanReport } from '../../core/compliance/types.ts';

/**
 * A Debian 12 web server as it stands in November 2026, for the tests of every format. Packages, versions and CVE ids
 * are those of the Debian archive and of the packages' changelogs.
 */

const SECURITY: DecidingRule = {
  kind: 'approval-rule',
  index: 0,
  text: 'rule 1: all security updates, at once',
};
const DELAYED: DecidingRule = {
  kind: 'approval-rule',
  index: 1,
  text: 'rule 2: security updates with SECTION libs, after 7 days',
};
const NO_RULE: DecidingRule = { kind: 'none', index: null, text: 'no rule matches' };

function urgency(raw: 'critical' | 'high' | 'medium'): Severity {
  return { source: 'debian-changelog', raw, mapped: raw };
}

/** Not known to any advisory, installed and up to date, unless `facts` say otherwise. */
function patch(name: string, installedVersion: string | null, facts: Partial<PatchResult> = {}): PatchResult {
  return {
    name,
    architecture: 'amd64',
    installedVersion,
    availableVersion: null,
    state: 'INSTALLED',
    reason: 'up-to-date',
    explanation: 'Installed, and approved by rule 1: all security updates, at once.',
    rule: SECURITY,
    complianceLevel: 'UNSPECIFIED',
    classification: null,
    classificationSource: null,
    severity: null,
    advisories: [],
    cves: [],
    exploited: [],
    epss: null,
    firstSeen: null,
    approvedAt: null,
    ...facts,
  };
}

function missing(
  name: string,
  installed: string | null,
  available: string,
  facts: Partial<PatchResult> = {},
): PatchResult {
  return patch(name, installed, {
    availableVersion: available,
    state: 'MISSING',
    reason: 'update-approved',
    explanation: 'Approved by rule 1: all security updates, at once.',
    complianceLevel: 'HIGH',
    classification: 'Security',
    classificationSource: 'changelog',
    firstSeen: '2026-11-11T02:20:00Z',
    ...facts,
  });
}

function notSecurity(name: string, installed: string, available: string): PatchResult {
  return patch(name, installed, {
    availableVersion: available,
    state: 'INSTALLED_OTHER',
    reason: 'not-security',
    explanation:
      'Nothing says that it is a security update, and rule 1: all security updates, at once approves only those.',
    rule: NO_RULE,
    firstSeen: '2026-07-12T02:20:00Z',
  });
}

const NGINX: Partial<PatchResult> = {
  severity: urgency('high'),
  cves: [
    ...['CVE-2023-44487', 'CVE-2026-113425', 'CVE-2026-118899', 'CVE-2026-123007', 'CVE-2026-123633'],
    ...['CVE-2026-123634', 'CVE-2026-123640', 'CVE-2026-125283', 'CVE-2026-15176', 'CVE-2026-42533'],
    ...['CVE-2026-56434', 'CVE-2026-60005', 'CVE-2026-93479', 'CVE-2026-97205'],
  ],
  exploited: ['CVE-2023-44487'],
  epss: 0.99999,
};
const OPENSSL: Partial<PatchResult> = {
  severity: urgency('high'),
  cves: [
    ...['CVE-2026-35189', 'CVE-2026-42767', 'CVE-2026-54872', 'CVE-2026-54874', 'CVE-2026-63072', 'CVE-2026-63074'],
    ...['CVE-2026-63076', 'CVE-2026-75803', 'CVE-2026-75805', 'CVE-2026-75806', 'CVE-2026-77696', 'CVE-2026-84782'],
  ],
};
const NSS: Partial<PatchResult> = {
  severity: urgency('medium'),
  cves: ['CVE-2026-12318', 'CVE-2026-16389', 'CVE-2026-6766', 'CVE-2026-6767', 'CVE-2026-6772'],
  reason: 'held',
  explanation:
    'Approved by rule 1: all security updates, at once, but not installable now. `apt-mark showhold` names it.',
};
const SASL: Partial<PatchResult> = {
  state: 'INSTALLED_OTHER',
  severity: urgency('high'),
  cves: ['CVE-2026-107161'],
  reason: 'not-yet-approved',
  explanation:
    'Approved by rule 2: security updates with SECTION libs, after 7 days from 2026-11-26 02:20 UTC on (first seen 2026-11-19).',
  rule: DELAYED,
  firstSeen: '2026-11-19T02:20:00Z',
  approvedAt: '2026-11-26T02:20:00Z',
};
const LABELLED: Partial<PatchResult> = { classificationSource: 'archive' };

const PATCHES: readonly PatchResult[] = [
  patch('adduser', '3.134', { architecture: 'all' }),
  notSecurity('base-files', '12.4+deb12u11', '12.4+deb12u15'),
  notSecurity('bash', '5.2.15-2+b8', '5.2.15-2+b13'),
  patch('dpkg', '1.21.23'),
  missing('imagemagick', '8:6.9.11.60+dfsg-1.6+deb12u11', '8:6.9.11.60+dfsg-1.6+deb12u15', {
    ...LABELLED,
    reason: 'conffile-blocked',
    explanation:
      'Approved by rule 1: all security updates, at once, but not installable now. /etc/ImageMagick-6/policy.xml was changed here and by the new version.',
  }),
  patch('libc6', '2.36-9+deb12u14'),
  missing('libnss3', '2:3.87.1-1+deb12u2', '2:3.87.1-1+deb12u4', NSS),
  missing('libsasl2-2', '2.1.28+dfsg-10', '2.1.28+dfsg-10+deb12u1', SASL),
  missing('libsasl2-modules-db', '2.1.28+dfsg-10', '2.1.28+dfsg-10+deb12u1', SASL),
  missing('libssl3', '3.0.20-1~deb12u2', '3.0.22-1~deb12u2', OPENSSL),
  patch('linux-image-6.1.0-50-amd64', '6.1.176-1', {
    state: 'INSTALLED_PENDING_REBOOT',
    reason: 'pending-reboot',
    explanation: 'Installed, and in effect only after a reboot.',
    complianceLevel: 'HIGH',
  }),
  missing('linux-image-6.1.0-56-amd64', null, '6.1.192-2', {
    ...LABELLED,
    reason: 'dependency',
    explanation: 'A new package that an update needs; approved by rule 1: all security updates, at once.',
  }),
  missing('linux-image-amd64', '6.1.176-1', '6.1.192-2', LABELLED),
  missing('nginx', '1.22.1-9+deb12u9', '1.22.1-9+deb12u11', NGINX),
  missing('nginx-common', '1.22.1-9+deb12u9', '1.22.1-9+deb12u11', { ...NGINX, architecture: 'all' }),
  missing('openssl', '3.0.20-1~deb12u2', '3.0.22-1~deb12u2', OPENSSL),
  missing('rsync', '3.2.7-1+deb12u6', '3.5.0+ds1-0+deb12u1', {
    severity: urgency('critical'),
    complianceLevel: 'CRITICAL',
    cves: ['CVE-2024-12084', 'CVE-2024-12085', 'CVE-2024-12086', 'CVE-2024-12087', 'CVE-2024-12088', 'CVE-2024-12747'],
  }),
  notSecurity('sed', '4.9-1', '4.9-1+deb12u1'),
  patch('telnet', '0.17+2.4-2+deb12u3', {
    architecture: 'all',
    state: 'INSTALLED_REJECTED',
    reason: 'rejected-installed',
    explanation: 'Installed, but rejected by RejectedPatches: telnet.',
    rule: { kind: 'rejected-patches', index: 0, text: 'RejectedPatches: telnet' },
  }),
  missing('zip', '3.0-13', '3.0-13+deb12u1', { severity: urgency('high'), cves: ['CVE-2018-13410'] }),
];

const COUNTS: PatchCounts = {
  installed: 3,
  installedOther: 5,
  installedPendingReboot: 1,
  installedRejected: 1,
  missing: 10,
  failed: 0,
  notApplicable: 0,
  unreportedNotApplicable: -1,
  availableSecurityUpdate: 0,
  criticalNonCompliant: 1,
  securityNonCompliant: 9,
  otherNonCompliant: 2,
};

export const NON_COMPLIANT: ScanReport = {
  schemaVersion: 1,
  target: {
    access: 'ssh',
    address: 'admin@web-1',
    hostname: 'web-1',
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
    kernel: '6.1.0-47-amd64',
  },
  status: 'NON_COMPLIANT',
  statusReasons: [
    '10 approved patches are missing.',
    '1 rejected package is installed.',
    '1 installed patch waits for a reboot.',
  ],
  scannedAt: '2026-11-20T03:12:45Z',
  listsUpdatedAt: '2026-11-19T22:10:00Z',
  baseline: { name: 'web-servers', id: null, operatingSystem: 'DEBIAN', from: 'web-servers.yaml' },
  counts: COUNTS,
  rebootRequired: true,
  rebootReasons: [
    {
      signal: 'kernel',
      detail: 'kernel 6.1.0-47-amd64 runs, 6.1.0-50-amd64 is installed',
      packages: ['linux-image-6.1.0-50-amd64'],
    },
  ],
  problems: [],
  patches: PATCHES,
};

export const COMPLIANT: ScanReport = {
  ...NON_COMPLIANT,
  status: 'COMPLIANT',
  statusReasons: [],
  counts: {
    ...COUNTS,
    installedPendingReboot: 0,
    installedRejected: 0,
    missing: 0,
    criticalNonCompliant: 0,
    securityNonCompliant: 0,
    otherNonCompliant: 0,
  },
  rebootRequired: false,
  rebootReasons: [],
  patches: PATCHES.filter(({ state }) => state === 'INSTALLED' || state === 'INSTALLED_OTHER'),
};

export const UNKNOWN: ScanReport = {
  ...NON_COMPLIANT,
  status: 'UNKNOWN',
  statusReasons: ['The package lists of /etc/apt/sources.list are not there.'],
  listsUpdatedAt: null,
  counts: { ...COMPLIANT.counts, installedOther: 0 },
  rebootRequired: null,
  rebootReasons: [],
  problems: [
    {
      code: 'lists-missing',
      unknown: true,
      message: 'The package lists of /etc/apt/sources.list are not there.',
      next: 'kintsugi scan --refresh',
    },
    {
      code: 'other-patcher',
      unknown: false,
      message: 'apt-daily-upgrade.timer also installs updates here.',
      next: null,
    },
  ],
  patches: PATCHES.filter(({ state }) => state === 'INSTALLED'),
};
