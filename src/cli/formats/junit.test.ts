import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { xmlFault } from '../../../test/xml-check.ts';
import type { PatchResult, ScanReport } from '../../core/compliance/types.ts';
import { renderJunit } from './junit.ts';
import { arbitraryReport, HOSTILE_TEXTS } from './report-arbitrary.ts';
import { COMPLIANT, NON_COMPLIANT, UNKNOWN } from './sample.ts';

/** The lines of the case of that name. */
function caseOf(report: ScanReport, name: string): string {
  const found = [...renderJunit(report).matchAll(/<testcase [^>]*?(\/>|>.*?<\/testcase>)/gs)]
    .map(([text]) => text.replace(/\n +/g, '\n'))
    .find((text) => text.includes(` name="${name}"`));
  assert.ok(found, name);
  return found;
}

function totals(report: ScanReport): string | undefined {
  return /<testsuite [^>]*?(tests=.*?)>/.exec(renderJunit(report))?.[1];
}

test('the suite is the target, and its totals are those of its cases', () => {
  assert.equal(totals(NON_COMPLIANT), 'tests="21" failures="13" errors="0" skipped="5"');
  assert.equal(totals(COMPLIANT), 'tests="9" failures="0" errors="0" skipped="5"');
  assert.match(renderJunit(NON_COMPLIANT), /<testsuite name="web-1" hostname="web-1" timestamp="2026-11-20T03:12:45Z"/);
});

test('what is installed passes and what is not approved is skipped with its reason', () => {
  assert.equal(caseOf(NON_COMPLIANT, 'dpkg'), '<testcase classname="web-1" name="dpkg" time="0"/>');
  assert.match(
    caseOf(NON_COMPLIANT, 'libsasl2-2'),
    /<skipped message="not-yet-approved: Approved by rule 2: security updates with SECTION libs/,
  );
});

test('what is missing fails, with both versions and what is known of it', () => {
  assert.equal(
    caseOf(NON_COMPLIANT, 'zip'),
    [
      '<testcase classname="web-1" name="zip" time="0">',
      '<failure message="MISSING: 3.0-13 -&gt; 3.0-13+deb12u1" type="MISSING">',
      'Approved by rule 1: all security updates, at once.',
      'decided by: rule 1: all security updates, at once',
      'severity: high, from debian-changelog',
      'CVEs: CVE-2018-13410',
      'first seen: 2026-11-11T02:20:00Z',
      '</failure>',
      '</testcase>',
    ].join('\n'),
  );
});

test('what waits for a reboot and what is rejected fails as well', () => {
  assert.match(caseOf(NON_COMPLIANT, 'linux-image-6.1.0-50-amd64'), /<failure .*type="INSTALLED_PENDING_REBOOT"/);
  assert.match(caseOf(NON_COMPLIANT, 'telnet'), /<failure .*type="INSTALLED_REJECTED"/);
});

test('the verdict is a case of its own, so that a suite never passes on a target that is not compliant', () => {
  assert.match(caseOf({ ...NON_COMPLIANT, patches: [] }, 'patch compliance'), /<failure message="10 approved patches/);
  assert.match(caseOf({ ...COMPLIANT, patches: [] }, 'patch compliance'), /\/>$/);
});

test('on an unknown target the verdict is an error and no package passes', () => {
  assert.equal(totals(UNKNOWN), 'tests="4" failures="0" errors="1" skipped="3"');
  const verdict = caseOf(UNKNOWN, 'patch compliance');
  assert.match(verdict, /<error message="The package lists of .* are not there\." type="UNKNOWN">/);
  assert.match(verdict, /\nlists-missing: .* Next: kintsugi scan --refresh\n/);
  assert.match(caseOf(UNKNOWN, 'dpkg'), /<skipped message="The target is UNKNOWN/);
});

test('hostile names end no element and no attribute', () => {
  const [patch] = NON_COMPLIANT.patches.filter(({ name }) => name === 'zip');
  assert.ok(patch);
  const patches = HOSTILE_TEXTS.map((text): PatchResult => ({ ...patch, name: text, explanation: text }));
  const xml = renderJunit({ ...NON_COMPLIANT, patches });
  assert.equal(xmlFault(xml), null);
  assert.doesNotMatch(xml, /<script>|]]>|[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
});

test('every report becomes well-formed XML', () => {
  fc.assert(fc.property(arbitraryReport, (report) => assert.equal(xmlFault(renderJunit(report)), null)));
});

for (const [what, xml] of [
  ['an element that is not closed', '<a><b></a>'],
  ['a bare ampersand', '<a>&</a>'],
  ['a control character', '<a>\x1b</a>'],
  ['two roots', '<a/><b/>'],
  ['text after the root', '<a/>x'],
] as const) {
  test(`the checker of these tests finds ${what}`, () => {
    assert.notEqual(xmlFault(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`), null);
  });
}

test('the XML parser of Python reads every report', (t) => {
  const program = [
    'import json, sys, xml.dom.minidom as dom',
    'for text in json.load(sys.stdin): dom.parseString(text.encode("utf-8"))',
    'print("parsed")',
  ].join('\n');
  if (spawnSync('python3', ['-c', 'import xml.dom.minidom']).status !== 0) return t.skip('python3 is not there');
  const reports = [NON_COMPLIANT, COMPLIANT, UNKNOWN, ...fc.sample(arbitraryReport, 100)];
  const { stdout, stderr } = spawnSync('python3', ['-c', program], {
    input: JSON.stringify(reports.map(renderJunit)),
    encoding: 'utf8',
  });
  assert.equal(stdout.trim(), 'parsed', stderr);
});
