import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnScan } from '../own-node/scan-own-node.ts';
import { paint } from '../style.ts';
import { enrolledText, readyText, scanText } from './up-text.ts';

const NODE = { instanceId: 'mi-0123456789abcdef0', isScanOnly: true, isNew: true, formerly: null };
const PLAIN = paint({}, {});
const FOUND = {
  missing: 12,
  failed: 0,
  installedPendingReboot: 1,
  installedRejected: 0,
  installed: 30,
  installedOther: 300,
  criticalNonCompliant: 0,
  securityNonCompliant: 9,
  otherNonCompliant: 4,
  endedAt: new Date('2026-11-22T10:00:00Z'),
} as NonNullable<OwnScan['found']>;

const scan = (more: Partial<OwnScan>): OwnScan => {
  return { commandId: 'c-1', status: 'COMPLIANT', reasons: [], found: FOUND, failure: null, ...more };
};

test('the first start shows the key, a later one does not, and lost keys are told', () => {
  const files = { config: '/h/aws-config', credentials: '/h/aws-credentials' };
  const fresh = { accessKeyId: 'AKIAX', secretAccessKey: 'geheim' };
  const url = 'http://127.0.0.1:1';
  const first = readyText(url, url, 'us-east-1', { ...files, hasCredentials: true, fresh });
  assert.match(first, /shown this once.*\n {2}access key id {6}AKIAX\n {2}secret access key {2}geheim\n/);
  assert.match(first, /aws ssm describe-instance-information --endpoint-url http:\/\/127\.0\.0\.1:1\n/);
  const later = readyText(url, url, 'us-east-1', { ...files, hasCredentials: true, fresh: null });
  assert.doesNotMatch(later, /secret access key/);
  const lost = readyText(url, url, 'us-east-1', { ...files, hasCredentials: false, fresh: null });
  assert.match(lost, /kintsugi keys create --role admin/);
});

test('what this machine is, and was, is told', () => {
  assert.match(enrolledText(NODE, true), /^This machine is enrolled as mi-\w+, scan-only: .*\(--allow-patching would/);
  assert.match(enrolledText(NODE, false), /--allow-patching, as root, would/);
  const again = { ...NODE, isNew: false, isScanOnly: false, formerly: null };
  assert.match(enrolledText(again, true), /^This machine is mi-\w+, and commands may change it/);
  assert.match(enrolledText({ ...NODE, formerly: 'mi-old' }, true), /^The server no longer knows mi-old/);
});

test('counts are aligned, and what is not compliant is told by its kind', () => {
  const text = scanText(NODE, scan({ status: 'NON_COMPLIANT', reasons: ['12 missing.'] }), 'kintsugi', PLAIN);
  assert.match(
    text,
    /^NON_COMPLIANT {2}12 missing\.\n {2}missing {16}12\n {2}waiting for a reboot {4}1\n {2}installed {13}330\n/,
  );
  assert.match(text, /not compliant in all: 9 security, 4 other\n/);
  assert.match(text, /describe-instance-patches --instance-id mi-0123456789abcdef0 /);
});

test('an UNKNOWN tells all its reasons, made safe for a terminal, and what to do', () => {
  const reasons = ['The lists are old.', 'One\nTwo \u001b[2J'];
  const text = scanText(NODE, scan({ status: 'UNKNOWN', reasons }), '/x/kintsugi', PLAIN);
  assert.match(text, /^UNKNOWN {2}The lists are old\.\n {2}One\n {2}Two \\u\{1b\}\[2J\n/);
  assert.match(text, /\n {2}\/x\/kintsugi scan\n/);
});

test('a scan that failed shows what was known before as what it is, and one that never was shows no count', () => {
  const failed = { status: 'UNKNOWN', reasons: ['No.'], failure: 'No.' } as const;
  assert.match(scanText(NODE, scan(failed), 'kintsugi', PLAIN), /What was known of it at 2026-11-22T10:00Z:\n/);
  const never = scanText(NODE, scan({ ...failed, found: null, commandId: null }), 'kintsugi', PLAIN);
  assert.doesNotMatch(never, /installed|get-command-invocation/);
});
