import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderCycloneDx } from '../../control/sbom/cyclonedx.ts';
import type { ScanReport } from '../../core/compliance/types.ts';
import { arbitraryReport } from './report-arbitrary.ts';
import { COMPLIANT, NON_COMPLIANT, UNKNOWN } from './sample.ts';

interface Bom {
  readonly serialNumber: string;
  readonly metadata: {
    readonly timestamp: string;
    readonly component: { readonly name: string };
    readonly properties: readonly { readonly name: string; readonly value: string }[];
  };
  readonly components: readonly (Record<string, unknown> & { readonly 'bom-ref': string; readonly name: string })[];
  readonly compositions?: unknown;
  readonly vulnerabilities: readonly {
    readonly id: string;
    readonly recommendation: string;
    readonly advisories: readonly { readonly url: string }[];
    readonly affects: readonly { readonly ref: string; readonly versions: readonly unknown[] }[];
    readonly properties: readonly unknown[];
  }[];
}

const PIPE = { width: null };
const bom = (report: ScanReport): Bom => JSON.parse(renderCycloneDx(report, PIPE));

test('every installed package is a component with its purl, state and reason', () => {
  const { components, metadata } = bom(NON_COMPLIANT);
  assert.equal(metadata.timestamp, '2026-11-20T03:12:45Z');
  assert.equal(metadata.component.name, 'web-1');
  assert.deepEqual(
    components.map(({ name }) => name),
    NON_COMPLIANT.patches.filter(({ installedVersion }) => installedVersion !== null).map(({ name }) => name),
  );
  assert.deepEqual(
    components.find(({ name }) => name === 'sed'),
    {
      type: 'library',
      'bom-ref': 'pkg:deb/debian/sed@4.9-1?arch=amd64&distro=debian-12',
      name: 'sed',
      version: '4.9-1',
      purl: 'pkg:deb/debian/sed@4.9-1?arch=amd64&distro=debian-12',
      properties: [
        { name: 'kintsugi:state', value: 'INSTALLED_OTHER' },
        { name: 'kintsugi:reason', value: 'not-security' },
        {
          name: 'kintsugi:explanation',
          value:
            'Nothing says that it is a security update, and rule 1: all security updates, at once approves only those.',
        },
        { name: 'kintsugi:rule', value: 'no rule matches' },
        { name: 'kintsugi:complianceLevel', value: 'UNSPECIFIED' },
        { name: 'kintsugi:availableVersion', value: '4.9-1+deb12u1' },
        { name: 'kintsugi:firstSeen', value: '2026-07-12T02:20:00Z' },
      ],
    },
  );
});

test('a vulnerability names every package that it affects, the version that mends it, and that it is exploited', () => {
  const found = bom(NON_COMPLIANT).vulnerabilities.find(({ id }) => id === 'CVE-2023-44487');
  const versions = [
    { version: '1.22.1-9+deb12u9', status: 'affected' },
    { version: '1.22.1-9+deb12u11', status: 'unaffected' },
  ];
  assert.deepEqual(found, {
    id: 'CVE-2023-44487',
    source: { name: 'CVE', url: 'https://www.cve.org/CVERecord?id=CVE-2023-44487' },
    ratings: [
      {
        source: { name: 'debian-changelog' },
        severity: 'high',
        method: 'other',
        justification: 'debian-changelog says "high".',
      },
    ],
    recommendation: 'Update nginx to 1.22.1-9+deb12u11, nginx-common to 1.22.1-9+deb12u11.',
    advisories: [],
    affects: [
      { ref: 'pkg:deb/debian/nginx@1.22.1-9%2Bdeb12u9?arch=amd64&distro=debian-12', versions },
      { ref: 'pkg:deb/debian/nginx-common@1.22.1-9%2Bdeb12u9?arch=all&distro=debian-12', versions },
    ],
    properties: [{ name: 'kintsugi:knownExploited', value: 'true' }],
  });
});

test('an advisory without a CVE id is a vulnerability of its own, and one beside a CVE id is linked', () => {
  const [zip] = NON_COMPLIANT.patches.filter(({ name }) => name === 'zip');
  assert.ok(zip);
  const alone = bom({ ...NON_COMPLIANT, patches: [{ ...zip, cves: [], advisories: ['DSA-5380-1'] }] }).vulnerabilities;
  assert.deepEqual([alone.length, alone[0]?.id], [1, 'DSA-5380-1']);
  const beside = bom({ ...NON_COMPLIANT, patches: [{ ...zip, advisories: ['DSA-5380-1', 'javascript:alert(1)'] }] });
  assert.deepEqual(beside.vulnerabilities[0]?.advisories, [
    { title: 'DSA-5380-1', url: 'https://security-tracker.debian.org/tracker/DSA-5380-1' },
  ]);
});

test('a target that is unknown says so, and that its components may not be all', () => {
  const { metadata, compositions } = bom(UNKNOWN);
  assert.deepEqual(metadata.properties.slice(0, 3), [
    { name: 'kintsugi:status', value: 'UNKNOWN' },
    { name: 'kintsugi:statusReason', value: 'The package lists of /etc/apt/sources.list are not there.' },
    { name: 'kintsugi:problem', value: 'lists-missing: The package lists of /etc/apt/sources.list are not there.' },
  ]);
  assert.deepEqual(compositions, [{ aggregate: 'unknown', assemblies: ['target'] }]);
  assert.equal(bom(COMPLIANT).compositions, undefined);
});

test('a scan has one serial number, and the next scan has another', () => {
  const { serialNumber } = bom(NON_COMPLIANT);
  assert.match(serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(bom(NON_COMPLIANT).serialNumber, serialNumber);
  assert.notEqual(bom({ ...NON_COMPLIANT, scannedAt: '2026-11-21T03:12:45Z' }).serialNumber, serialNumber);
});

test('a report without patches is a bill without components', () => {
  const empty = bom({ ...COMPLIANT, patches: [] });
  assert.deepEqual([empty.components, empty.vulnerabilities], [[], []]);
});

test('every report becomes a bill with references that are unique and resolve', () => {
  fc.assert(
    fc.property(arbitraryReport, (report) => {
      const printed = renderCycloneDx(report, PIPE);
      assert.match(printed, /^[\n\x20-\x7e]*$/);
      const { components, vulnerabilities } = JSON.parse(printed) as Bom;
      const refs = new Set(components.map((component) => component['bom-ref']));
      assert.equal(refs.size, components.length);
      for (const { affects } of vulnerabilities) for (const { ref } of affects) assert.ok(refs.has(ref));
    }),
  );
});
