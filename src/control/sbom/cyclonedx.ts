import { createHash } from 'node:crypto';
import { asciiJson } from '../../core/ascii-json.ts';
import type { ScanReport } from '../../core/compliance/types.ts';
import { packageUrl } from '../../core/purl.ts';
import { visible } from '../../core/visible.ts';
import { TOOL } from './tool.ts';
import { type InstalledPatch, vulnerabilities } from './vulnerabilities.ts';

interface Property {
  readonly name: string;
  readonly value: string;
}

const TARGET_REF = 'target';

/**
 * A CycloneDX 1.6 bill of materials: the installed packages of the report, and the vulnerabilities that the available
 * updates fix, whether the baseline approves them or not. https://cyclonedx.org/docs/1.6/json/
 */
export function renderCycloneDx(report: ScanReport, options: { readonly width: number | null }): string {
  const installed = installedPatches(report);
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: serialNumber(report),
    version: 1,
    metadata: {
      timestamp: visible(report.scannedAt),
      tools: { components: [{ type: 'application', ...TOOL }] },
      component: targetComponent(report),
      properties: statusProperties(report),
    },
    components: installed.map(component),
    ...(report.status === 'UNKNOWN' ? { compositions: [{ aggregate: 'unknown', assemblies: [TARGET_REF] }] } : {}),
    vulnerabilities: vulnerabilities(installed),
  };
  return asciiJson(document, options.width !== null);
}

function installedPatches(report: ScanReport): readonly InstalledPatch[] {
  const taken = new Set<string>();
  return report.patches.flatMap((patch) => {
    const { name, architecture, installedVersion } = patch;
    if (installedVersion === null) return [];
    const purl = packageUrl(report.target, { name, architecture, version: installedVersion });
    let ref = purl;
    for (let copy = 2; taken.has(ref); copy += 1) ref = `${purl}#${copy}`;
    taken.add(ref);
    return [{ ...patch, installedVersion, ref }];
  });
}

function component(patch: InstalledPatch): object {
  return {
    type: 'library',
    'bom-ref': patch.ref,
    name: visible(patch.name),
    version: visible(patch.installedVersion),
    purl: patch.ref.replace(/#\d+$/, ''),
    properties: properties({
      state: patch.state,
      reason: patch.reason,
      explanation: patch.explanation,
      rule: patch.rule.text,
      complianceLevel: patch.complianceLevel,
      availableVersion: patch.availableVersion,
      classification: patch.classification,
      classificationSource: patch.classificationSource,
      epss: patch.epss === null ? null : String(patch.epss),
      firstSeen: patch.firstSeen,
      approvedAt: patch.approvedAt,
    }),
  };
}

function targetComponent({ target }: ScanReport): object {
  return {
    type: 'operating-system',
    'bom-ref': TARGET_REF,
    name: visible(target.hostname || target.address),
    version: visible(target.os.versionId || target.os.codename),
    description: visible(target.os.prettyName),
    properties: properties({
      access: target.access,
      address: target.address,
      architecture: target.architecture,
      kernel: target.kernel,
      product: target.os.product,
      ecosystem: target.os.ecosystem,
    }),
  };
}

function statusProperties(report: ScanReport): readonly Property[] {
  const { status, statusReasons, baseline, listsUpdatedAt, rebootRequired, problems } = report;
  return [
    ...properties({ status }),
    ...statusReasons.flatMap((statusReason) => properties({ statusReason })),
    ...problems.flatMap(({ code, message }) => properties({ problem: `${code}: ${message}` })),
    ...properties({
      baseline: baseline.name,
      baselineId: baseline.id,
      listsUpdatedAt,
      rebootRequired: rebootRequired === null ? 'unknown' : String(rebootRequired),
    }),
  ];
}

/** Names in the namespace that CycloneDX asks tools to use; what is null is left out. */
function properties(values: Readonly<Record<string, string | null>>): readonly Property[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === null ? [] : [{ name: `kintsugi:${name}`, value: visible(value) }],
  );
}

/** A UUID of version 8 made of the report itself: every scan has another, and a scan rendered twice has the same. */
function serialNumber(report: ScanReport): string {
  const hash = createHash('sha256').update(JSON.stringify(report)).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return `urn:uuid:${parts.join('-')}`;
}
