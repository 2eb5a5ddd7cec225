import { createHash } from 'node:crypto';
import { TOOL } from '../../control/sbom/tool.ts';
import { asciiJson } from '../../core/ascii-json.ts';
import type { Problem } from '../../core/compliance/inventory.ts';
import type { PatchResult, ScanReport } from '../../core/compliance/types.ts';
import { packageUrl } from '../../core/purl.ts';
import { visible } from '../../core/visible.ts';
import type { JsonOptions } from './json.ts';
import { levelOf, ruleDescriptor, ruleId, rulesOf, sarifText } from './sarif-rules.ts';
import { sectionOf } from './sections.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
const ROOT = 'ROOT';
/** Where dpkg says what is installed: viewers want a file for every result. */
const DPKG_STATUS = { artifactLocation: { uri: 'var/lib/dpkg/status', uriBaseId: ROOT } };

/**
 * A SARIF 2.1.0 log with a result for every patch that is not simply installed. Updates that the baseline does not
 * approve are suppressed results; a target that is UNKNOWN is a run that was not successful.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function renderSarif(report: ScanReport, options: JsonOptions): string {
  const found = report.patches.filter((patch) => sectionOf(patch) !== 'installed');
  const rules = rulesOf(found);
  const ruleIndex = new Map(rules.map(({ id }, index) => [id, index]));
  const codes = [...new Set(report.problems.map(({ code }) => code))];
  const run = {
    tool: {
      driver: {
        ...TOOL,
        semanticVersion: TOOL.version,
        rules: rules.map(ruleDescriptor),
        notifications: codes.map((id) => ({ id })),
      },
    },
    automationDetails: { id: `kintsugi/${encodeURIComponent(identity(report).toWellFormed())}/` },
    invocations: [
      {
        executionSuccessful: report.status !== 'UNKNOWN',
        endTimeUtc: report.scannedAt,
        toolExecutionNotifications: notifications(report),
      },
    ],
    originalUriBaseIds: { [ROOT]: { description: { text: 'The root filesystem of the target.' } } },
    columnKind: 'utf16CodeUnits',
    results: found.map((patch) => result(patch, ruleIndex.get(ruleId(patch)) ?? -1, report)),
    properties: runProperties(report),
  };
  return asciiJson({ $schema: SCHEMA, version: '2.1.0', runs: [run] }, options.width !== null);
}

function result(patch: PatchResult, ruleIndex: number, report: ScanReport): object {
  const version = patch.installedVersion ?? patch.availableVersion ?? '';
  const purl = packageUrl(report.target, { name: patch.name, architecture: patch.architecture, version });
  const fingerprint = fingerprintOf(patch, report);
  return {
    ruleId: ruleId(patch),
    ruleIndex,
    level: levelOf(patch),
    message: { text: sarifText(message(patch)) },
    locations: [
      {
        ...(purl.startsWith('pkg:deb/') ? { physicalLocation: DPKG_STATUS } : {}),
        logicalLocations: [{ name: visible(patch.name), fullyQualifiedName: purl, kind: 'package' }],
      },
    ],
    partialFingerprints: { 'kintsugiPatch/v1': fingerprint, primaryLocationLineHash: `${fingerprint.slice(0, 16)}:1` },
    suppressions: suppressions(patch),
    properties: patchProperties(patch),
  };
}

function message(patch: PatchResult): string {
  const { name, installedVersion, availableVersion, exploited, cves, explanation } = patch;
  const facts = {
    missing: `${name} ${availableVersion} is approved and not installed (installed: ${installedVersion ?? 'none'}).`,
    failed: `${name} ${availableVersion ?? ''} could not be installed (installed: ${installedVersion ?? 'none'}).`,
    'pending-reboot': `${name} ${installedVersion} is installed and waits for a reboot.`,
    rejected: `${name} ${installedVersion} is installed although the baseline rejects it.`,
    'not-approved': `${name} ${availableVersion} is available and not approved (installed: ${installedVersion ?? 'none'}).`,
    installed: `${name} ${installedVersion} is installed.`,
  }[sectionOf(patch)];
  const fixes =
    cves.length === 0 ? '' : ` It fixes ${cves.length === 1 ? cves[0] : `${cves.length} CVEs, among them ${cves[0]}`}.`;
  const known = exploited.length === 0 ? '' : ` Exploited in the wild: ${exploited.join(', ')}.`;
  return `${facts}${known}${fixes} ${explanation}`;
}

/** The baseline's own decision not to install: a viewer hides such results but can show them with the reason. */
function suppressions(patch: PatchResult): readonly object[] {
  if (sectionOf(patch) !== 'not-approved') return [];
  const status = patch.reason === 'not-yet-approved' ? 'underReview' : 'accepted';
  return [{ kind: 'external', status, justification: visible(`${patch.rule.text}: ${patch.explanation}`) }];
}

function patchProperties(patch: PatchResult): object {
  const optional = (text: string | null) => (text === null ? null : visible(text));
  return {
    package: visible(patch.name),
    architecture: visible(patch.architecture),
    installedVersion: optional(patch.installedVersion),
    availableVersion: optional(patch.availableVersion),
    state: patch.state,
    reason: patch.reason,
    complianceLevel: patch.complianceLevel,
    classification: optional(patch.classification),
    classificationSource: patch.classificationSource,
    severitySource: optional(patch.severity?.source ?? null),
    advisories: patch.advisories.map(visible),
    cves: patch.cves.map(visible),
    exploited: patch.exploited.map(visible),
    epss: patch.epss,
    firstSeen: optional(patch.firstSeen),
    approvedAt: optional(patch.approvedAt),
  };
}

function notifications({ problems, status, statusReasons }: ScanReport): readonly object[] {
  const told = problems.map((problem) => ({
    descriptor: { id: problem.code },
    level: problem.unknown ? 'error' : 'warning',
    message: { text: sarifText(problemText(problem)) },
  }));
  if (status !== 'UNKNOWN' || problems.some(({ unknown }) => unknown)) return told;
  return [...told, { level: 'error', message: { text: sarifText(statusReasons[0] ?? 'The scan could not tell.') } }];
}

function problemText({ message: text, next }: Problem): string {
  return next === null ? text : `${text} Next: ${next}`;
}

function runProperties({ status, statusReasons, baseline, counts, rebootRequired }: ScanReport): object {
  return {
    status,
    statusReasons: statusReasons.map(visible),
    baseline: visible(baseline.name),
    rebootRequired,
    counts,
  };
}

/** What the same target is called in the next scan: roots often share a hostname, machines do not. */
function identity({ target }: ScanReport): string {
  const running = target.access === 'local' || target.access === 'ssh' || target.access === 'agent';
  return running && target.hostname !== '' ? target.hostname : target.address;
}

/** The same for the same update of the same package of the same target, whenever it is looked at, and by whatever way. */
function fingerprintOf(patch: PatchResult, report: ScanReport): string {
  const { name, architecture, installedVersion, availableVersion } = patch;
  const identified = [identity(report), name, architecture, availableVersion ?? installedVersion];
  return createHash('sha256').update(JSON.stringify(identified)).digest('hex');
}
