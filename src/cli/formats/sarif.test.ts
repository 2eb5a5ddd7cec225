import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PatchResult, ScanReport } from '../../core/compliance/types.ts';
import { arbitraryReport } from './report-arbitrary.ts';
import { COMPLIANT, NON_COMPLIANT, UNKNOWN } from './sample.ts';
import { renderSarif } from './sarif.ts';

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation?: unknown;
    readonly logicalLocations: readonly { readonly fullyQualifiedName: string }[];
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly suppressions: readonly { readonly status: string; readonly justification: string }[];
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Log {
  readonly version: string;
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly rules: readonly { readonly id: string; readonly helpUri?: string; readonly properties: object }[];
        readonly notifications: readonly { readonly id: string }[];
      };
    };
    readonly automationDetails: { readonly id: string };
    readonly invocations: readonly {
      readonly executionSuccessful: boolean;
      readonly toolExecutionNotifications: readonly {
        readonly descriptor?: { readonly id: string };
        readonly level: string;
        readonly message: { readonly text: string };
      }[];
    }[];
    readonly results: readonly Result[];
  }[];
}

function run(report: ScanReport): Log['runs'][number] {
  const log: Log = JSON.parse(renderSarif(report, { width: null }));
  assert.equal(log.version, '2.1.0');
  const [only] = log.runs;
  assert.ok(only);
  return only;
}

function resultOf(report: ScanReport, name: string): Result {
  const found = run(report).results.find(({ properties }) => properties.package === name);
  assert.ok(found, name);
  return found;
}

function patchOf(name: string, changes: Partial<PatchResult>): ScanReport {
  const found = NON_COMPLIANT.patches.find((patch) => patch.name === name);
  assert.ok(found, name);
  return { ...NON_COMPLIANT, patches: [{ ...found, ...changes }] };
}

test('every patch that is not simply installed is a result, and what is installed is none', () => {
  const found = run(NON_COMPLIANT).results.map(({ properties }) => properties.package);
  const { patches } = NON_COMPLIANT;
  assert.deepEqual(
    found,
    patches
      .filter(({ state, availableVersion }) => state !== 'INSTALLED' || availableVersion !== null)
      .map(({ name }) => name),
  );
});

test('a result says what is wrong and where', () => {
  const { message, locations, level, ruleId } = resultOf(NON_COMPLIANT, 'nginx');
  assert.equal(
    message.text,
    'nginx 1.22.1-9+deb12u11 is approved and not installed (installed: 1.22.1-9+deb12u9). ' +
      'Exploited in the wild: CVE-2023-44487. It fixes 14 CVEs, among them CVE-2023-44487. ' +
      'Approved by rule 1: all security updates, at once.',
  );
  assert.deepEqual([level, ruleId], ['error', 'update:nginx']);
  assert.deepEqual(locations, [
    {
      physicalLocation: { artifactLocation: { uri: 'var/lib/dpkg/status', uriBaseId: 'ROOT' } },
      logicalLocations: [
        {
          name: 'nginx',
          fullyQualifiedName: 'pkg:deb/debian/nginx@1.22.1-9%2Bdeb12u9?arch=amd64&distro=debian-12',
          kind: 'package',
        },
      ],
    },
  ]);
});

for (const [mapped, level] of [
  ['critical', 'error'],
  ['high', 'error'],
  ['medium', 'warning'],
  ['low', 'note'],
  ['none', 'note'],
  ['unknown', 'warning'],
] as const) {
  test(`the level of ${mapped} severity is ${level}`, () => {
    const report = patchOf('zip', { severity: { source: 'debian', raw: mapped, mapped } });
    assert.equal(resultOf(report, 'zip').level, level);
  });
}

test('a failed installation and an exploited vulnerability are errors, however severe', () => {
  const severity = { source: 'debian', raw: 'low', mapped: 'low' } as const;
  assert.equal(resultOf(patchOf('zip', { severity, state: 'FAILED' }), 'zip').level, 'error');
  assert.equal(resultOf(patchOf('zip', { severity, exploited: ['CVE-2018-13410'] }), 'zip').level, 'error');
});

test('updates that the baseline does not approve are suppressed, with its reason', () => {
  assert.deepEqual(resultOf(NON_COMPLIANT, 'libsasl2-2').suppressions, [
    {
      kind: 'external',
      status: 'underReview',
      justification:
        'rule 2: security updates with SECTION libs, after 7 days: ' +
        'Approved by rule 2: security updates with SECTION libs, after 7 days from 2026-11-26 02:20 UTC on ' +
        '(first seen 2026-11-19).',
    },
  ]);
  assert.equal(resultOf(NON_COMPLIANT, 'sed').suppressions[0]?.status, 'accepted');
  assert.deepEqual(resultOf(NON_COMPLIANT, 'nginx').suppressions, []);
});

test('an advisory is one rule for all of its packages, with its address', () => {
  const [zip] = patchOf('zip', { advisories: ['DSA-5380-1'] }).patches;
  assert.ok(zip);
  const { tool, results } = run({ ...NON_COMPLIANT, patches: [zip, { ...zip, name: 'zip-doc' }] });
  assert.deepEqual(
    results.map(({ ruleId, ruleIndex }) => [ruleId, ruleIndex]),
    [
      ['DSA-5380-1', 0],
      ['DSA-5380-1', 0],
    ],
  );
  assert.equal(tool.driver.rules[0]?.helpUri, 'https://security-tracker.debian.org/tracker/DSA-5380-1');
  assert.deepEqual(tool.driver.rules[0]?.properties, { tags: ['patch', 'security'], 'security-severity': '7.0' });
});

test('a result has the same fingerprint in the next scan, and another for another update or target', () => {
  const print = (report: ScanReport) => resultOf(report, 'zip').partialFingerprints['kintsugiPatch/v1'];
  const { target } = NON_COMPLIANT;
  const today = print(NON_COMPLIANT);
  assert.equal(print({ ...NON_COMPLIANT, scannedAt: '2027-01-01T00:00:00Z' }), today);
  assert.equal(print({ ...NON_COMPLIANT, target: { ...target, access: 'local', address: 'web-1' } }), today);
  assert.notEqual(print(patchOf('zip', { availableVersion: '3.0-13+deb12u2' })), today);
  assert.notEqual(print({ ...NON_COMPLIANT, target: { ...target, hostname: 'web-2' } }), today);
  assert.notEqual(print({ ...NON_COMPLIANT, target: { ...target, access: 'offline', address: '/mnt/x' } }), today);
});

test('an unknown target is a run that was not successful, with its problems', () => {
  const { invocations, results, tool } = run(UNKNOWN);
  assert.deepEqual(invocations, [
    {
      executionSuccessful: false,
      endTimeUtc: '2026-11-20T03:12:45Z',
      toolExecutionNotifications: [
        {
          descriptor: { id: 'lists-missing' },
          level: 'error',
          message: {
            text: 'The package lists of /etc/apt/sources.list are not there. Next: kintsugi scan --refresh',
          },
        },
        {
          descriptor: { id: 'other-patcher' },
          level: 'warning',
          message: { text: 'apt-daily-upgrade.timer also installs updates here.' },
        },
      ],
    },
  ]);
  assert.deepEqual(tool.driver.notifications, [{ id: 'lists-missing' }, { id: 'other-patcher' }]);
  assert.deepEqual(results, []);
  const silent = run({ ...UNKNOWN, problems: [] }).invocations[0];
  assert.equal(silent?.toolExecutionNotifications[0]?.level, 'error');
});

test('a known target is a successful run, also without any patch', () => {
  const { invocations, results } = run({ ...COMPLIANT, patches: [] });
  assert.equal(invocations[0]?.executionSuccessful, true);
  assert.deepEqual(results, []);
});

test('text from a package becomes neither a placeholder nor a link', () => {
  const report = patchOf('zip', { explanation: 'see {0} and [here](https://example.org) \x1b[31m' });
  const { text } = resultOf(report, 'zip').message;
  assert.ok(text.endsWith('see {{0}} and [here] (https://example.org) \\u{{1b}}[31m'), text);
});

test('every report becomes a log whose results point at their rules', () => {
  fc.assert(
    fc.property(arbitraryReport, (report) => {
      assert.match(renderSarif(report, { width: null }), /^[\n\x20-\x7e]*$/);
      const { results, tool, invocations } = run(report);
      for (const { ruleId, ruleIndex } of results) assert.equal(tool.driver.rules[ruleIndex]?.id, ruleId);
      assert.equal(invocations[0]?.executionSuccessful, report.status !== 'UNKNOWN');
    }),
  );
});
