import fc from 'fast-check';
import { SEVERITY_LEVELS } from '../../core/advisories/types.ts';
import { COMPLIANCE_LEVELS } from '../../core/baselines/types.ts';
import { PROBLEM_CODES } from '../../core/compliance/inventory.ts';
import { PATCH_REASONS, PATCH_STATES, type PatchResult, type ScanReport } from '../../core/compliance/types.ts';
import { NON_COMPLIANT } from './sample.ts';

/** What a hostile archive, changelog or advisory could put into a name, besides every possible string. */
export const HOSTILE_TEXTS: readonly string[] = [
  '\x1b[2J\x1b[31mred',
  '\x9b31mred',
  ']]>',
  '<script>alert(1)</script>',
  '&lt;',
  '"\'`$(reboot)',
  'a\0b',
  '\ud800',
  '\udc00x',
  'curl\nCOMPLIANT  Everything is installed.',
  '\u202egnp.exe',
  '💥補',
  '\ufffe\uffff',
  '__proto__',
  '%41@?#/',
  'x'.repeat(300),
];

const text = fc.oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string({ unit: 'binary', maxLength: 40 }));
const texts = fc.array(text, { maxLength: 6 });
const cves = fc.array(fc.oneof(fc.constantFrom('CVE-2023-44487', 'CVE-2026-97205'), text), { maxLength: 6 });
const moment = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01T00:00:00Z') })
  .map((date) => date.toISOString());
const anyMoment = fc.oneof(moment, text);
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

const patch: fc.Arbitrary<PatchResult> = fc.record({
  name: text,
  architecture: text,
  installedVersion: orNull(text),
  availableVersion: orNull(text),
  state: fc.constantFrom(...PATCH_STATES),
  reason: fc.constantFrom(...PATCH_REASONS),
  explanation: text,
  rule: fc.record({
    kind: fc.constantFrom('approval-rule', 'approved-patches', 'rejected-patches', 'global-filters', 'none'),
    index: orNull(fc.nat()),
    text,
  }),
  complianceLevel: fc.constantFrom(...COMPLIANCE_LEVELS),
  classification: orNull(text),
  classificationSource: fc.constantFrom('advisory', 'changelog', 'archive', null),
  severity: orNull(fc.record({ source: text, raw: text, mapped: fc.constantFrom(...SEVERITY_LEVELS) })),
  advisories: texts,
  cves,
  exploited: cves,
  epss: orNull(fc.double({ min: 0, max: 1, noNaN: true })),
  firstSeen: orNull(anyMoment),
  approvedAt: orNull(anyMoment),
});

/** For the property tests: every text is as bad as can be, but for the time of the scan, which is of our own clock. */
export const arbitraryReport: fc.Arbitrary<ScanReport> = fc.record({
  schemaVersion: fc.constant(1),
  target: fc.record({
    access: fc.constantFrom('local', 'chroot', 'offline', 'ssh', 'agent'),
    address: text,
    hostname: text,
    os: fc.record({
      id: text,
      versionId: text,
      codename: text,
      prettyName: text,
      operatingSystem: fc.constantFrom('DEBIAN', 'REDHAT_ENTERPRISE_LINUX', 'WINDOWS'),
      product: text,
      ecosystem: text,
    }),
    architecture: text,
    kernel: orNull(text),
  }),
  status: fc.constantFrom('COMPLIANT', 'NON_COMPLIANT', 'UNKNOWN'),
  statusReasons: texts,
  scannedAt: moment,
  listsUpdatedAt: orNull(anyMoment),
  baseline: fc.record({ name: text, id: orNull(text), operatingSystem: text, from: text }),
  counts: fc.constant(NON_COMPLIANT.counts),
  rebootRequired: fc.constantFrom(true, false, null),
  rebootReasons: fc.array(fc.record({ signal: fc.constantFrom('kernel', 'libc'), detail: text, packages: texts }), {
    maxLength: 3,
  }),
  problems: fc.array(
    fc.record({
      code: fc.constantFrom(...PROBLEM_CODES),
      unknown: fc.boolean(),
      message: text,
      next: orNull(text),
    }),
    { maxLength: 3 },
  ),
  patches: fc.array(patch, { maxLength: 8 }),
});
