import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PatchResult, ScanReport } from '../../core/compliance/types.ts';
import { arbitraryReport, HOSTILE_TEXTS } from './report-arbitrary.ts';
import { COMPLIANT, NON_COMPLIANT, UNKNOWN } from './sample.ts';
import { renderTable } from './table.ts';

const PLAIN = { color: false, width: null, all: false };

function lines(report: ScanReport, options: Partial<Parameters<typeof renderTable>[1]> = {}): string[] {
  return renderTable(report, { ...PLAIN, ...options }).split('\n');
}

function first(report: ScanReport, name: string): PatchResult {
  const found = report.patches.find((patch) => patch.name === name);
  assert.ok(found, name);
  return found;
}

test('the first line is the status and why', () => {
  assert.equal(lines(NON_COMPLIANT)[0], 'NON_COMPLIANT  10 approved patches are missing.');
  assert.equal(lines(COMPLIANT)[0], 'COMPLIANT  Every approved update is installed.');
});

test('below the status it says how urgent the missing patches are and which cannot be installed', () => {
  assert.deepEqual(lines(NON_COMPLIANT).slice(1, 3), [
    '  missing: 1 critical, 5 high, 1 medium, 3 of unknown severity; 2 EXPLOITED in the wild',
    '  not installable now: 2 (conffile-blocked, held)',
  ]);
});

test('an unknown target shows its problem and the command that mends it, for the same target', () => {
  const shown = lines(UNKNOWN, { again: '--root /mnt/x' });
  assert.equal(shown[0], 'UNKNOWN  The package lists of /etc/apt/sources.list are not there.');
  assert.equal(shown[1], '    run: kintsugi scan --root /mnt/x --refresh');
  assert.equal(shown[2], '  note: apt-daily-upgrade.timer also installs updates here.');
  assert.ok(shown.some((line) => line.startsWith('UNKNOWN: as far as can be told, ')));
  assert.deepEqual(shown.slice(-4, -1), [
    'Next:',
    '  kintsugi scan --root /mnt/x --refresh  # mends what is in the way',
    '  kintsugi scan --root /mnt/x            # then look again',
  ]);
});

test('a missing update shows both versions, severity, age, CVEs and who says so', () => {
  const shown = lines(NON_COMPLIANT);
  const row = shown.findIndex((line) =>
    /^ {2}critical +9 days +rsync +3\.2\.7-1\+deb12u6 +3\.5\.0\+ds1-0\+deb12u1$/.test(line),
  );
  assert.notEqual(row, -1);
  assert.equal(
    shown[row + 1]?.trim(),
    '6 CVEs: CVE-2024-12084, CVE-2024-12085, CVE-2024-12086, CVE-2024-12087 and 2 more',
  );
  assert.equal(shown[row + 2]?.trim(), 'Security by its changelog; severity from debian-changelog');
});

test('exploited updates stand before more severe ones', () => {
  const shown = lines(NON_COMPLIANT);
  const at = (text: string) => shown.findIndex((line) => line.includes(text));
  assert.ok(at(' nginx ') < at('EXPLOITED in the wild: CVE-2023-44487'));
  assert.ok(at('EXPLOITED in the wild: CVE-2023-44487') < at(' rsync '));
});

test('an advisory is named, and a severity in words of its own is quoted', () => {
  const advised: PatchResult = {
    ...first(NON_COMPLIANT, 'zip'),
    classificationSource: 'advisory',
    advisories: ['DSA-5380-1'],
    severity: { source: 'debian', raw: 'not yet assigned', mapped: 'unknown' },
  };
  const shown = lines({ ...NON_COMPLIANT, patches: [advised] });
  assert.ok(
    shown.some((line) => line.endsWith('Security by advisory DSA-5380-1; severity from debian: "not yet assigned"')),
  );
});

test('what keeps an approved update back is said below it', () => {
  assert.ok(
    lines(NON_COMPLIANT).some((line) =>
      line.includes('held: Approved by rule 1: all security updates, at once, but not installable now.'),
    ),
  );
});

test('updates that are not approved are grouped by their reason, with the date where they wait', () => {
  const shown = lines(NON_COMPLIANT);
  assert.ok(shown.includes(' not approved yet (2):'));
  assert.ok(shown.some((line) => line.endsWith('approved from 2026-11-26, in 5 days')));
  assert.ok(shown.includes(' not security updates (3):'));
});

test('a patch that was released too late for the baseline says so instead of a date', () => {
  const late = { ...first(NON_COMPLIANT, 'libsasl2-2'), approvedAt: null, explanation: 'Released after 2026-06-30.' };
  assert.ok(lines({ ...NON_COMPLIANT, patches: [late] }).some((line) => line.endsWith('  Released after 2026-06-30.')));
});

test('a terminal that does not know its width is taken for a usual one', () => {
  assert.equal(
    renderTable(NON_COMPLIANT, { ...PLAIN, width: 0 }),
    renderTable(NON_COMPLIANT, { ...PLAIN, width: 100 }),
  );
});

test('a reboot is shown with its reasons, and one that cannot be told is not denied', () => {
  const shown = lines(NON_COMPLIANT);
  assert.equal(
    shown[shown.indexOf('Reboot: NEEDED:') + 1],
    '  - kernel 6.1.0-47-amd64 runs, 6.1.0-50-amd64 is installed',
  );
  assert.ok(lines(COMPLIANT).includes('Reboot: not needed.'));
  assert.ok(lines(UNKNOWN).includes('Reboot: UNKNOWN whether it is needed.'));
});

test('the next steps name a real package and the same target', () => {
  const shown = renderTable(NON_COMPLIANT, { ...PLAIN, again: '--ssh admin@web-1' });
  assert.match(shown, /^ {2}kintsugi patch --ssh admin@web-1 --dry-run {2}# /m);
  assert.match(shown, /^ {2}kintsugi explain --ssh admin@web-1 nginx +# /m);
});

test('changelogs are offered where only the label of an archive says what is security', () => {
  const labelled = { ...first(NON_COMPLIANT, 'linux-image-amd64') };
  assert.match(
    renderTable({ ...NON_COMPLIANT, patches: [labelled] }, PLAIN),
    /^ {2}kintsugi scan --changelogs +# which/m,
  );
  assert.doesNotMatch(renderTable(NON_COMPLIANT, PLAIN), /--changelogs/);
});

test('a name that a shell would not take as it is never gets into a command to copy', () => {
  const evil = { ...first(NON_COMPLIANT, 'nginx'), name: '$(reboot)' };
  assert.doesNotMatch(renderTable({ ...NON_COMPLIANT, patches: [evil] }, PLAIN), /kintsugi explain/);
});

test('installed packages are listed only when all are wanted', () => {
  assert.ok(!lines(NON_COMPLIANT).some((line) => line.startsWith('INSTALLED (')));
  const shown = lines(NON_COMPLIANT, { all: true });
  assert.deepEqual(shown.slice(shown.indexOf('INSTALLED (3)')).slice(1, 4), [
    '  adduser  3.134',
    '  dpkg     1.21.23',
    '  libc6    2.36-9+deb12u14',
  ]);
});

test('a package of a foreign architecture carries it in its name', () => {
  const foreign = { ...first(NON_COMPLIANT, 'libssl3'), architecture: 'i386' };
  assert.match(renderTable({ ...NON_COMPLIANT, patches: [foreign] }, PLAIN), / libssl3:i386 /);
});

test('on a terminal every line fits, and no name or version loses a character', () => {
  for (const width of [80, 100, 140]) {
    const shown = renderTable(NON_COMPLIANT, { ...PLAIN, width });
    for (const line of shown.split('\n')) assert.ok(line.length <= width, line);
    for (const { name, availableVersion } of NON_COMPLIANT.patches) {
      if (availableVersion !== null) assert.ok(shown.includes(name) && shown.includes(availableVersion), name);
    }
  }
});

test('where it is no terminal an update is one line, however long its versions are', () => {
  assert.ok(lines(NON_COMPLIANT).some((line) => /imagemagick +8:6\S+u11 +8:6\S+u15$/.test(line)));
});

test('colours appear only when they are asked for', () => {
  assert.doesNotMatch(renderTable(NON_COMPLIANT, PLAIN), /\x1b/);
  const coloured = renderTable(NON_COMPLIANT, { ...PLAIN, color: true });
  assert.ok(coloured.startsWith('\x1b[1m\x1b[31mNON_COMPLIANT'));
  assert.equal(coloured.replace(/\x1b\[\d+m/g, ''), renderTable(NON_COMPLIANT, PLAIN));
});

test('a report without patches and reasons still says its status', () => {
  const bare = { ...COMPLIANT, statusReasons: [], patches: [] };
  assert.equal(lines(bare)[0], 'COMPLIANT  Every approved update is installed.');
});

test('a line break in a package name starts no line of its own', () => {
  const forged = { ...first(NON_COMPLIANT, 'nginx'), name: HOSTILE_TEXTS[9] ?? '' };
  assert.ok(!lines({ ...NON_COMPLIANT, patches: [forged] }).some((line) => line.startsWith('COMPLIANT')));
});

test('no report makes the table throw or print anything but visible text', () => {
  fc.assert(
    fc.property(
      arbitraryReport,
      fc.option(fc.integer({ min: 0, max: 200 }), { nil: null }),
      fc.boolean(),
      (report, width, all) => {
        const shown = renderTable(report, { color: false, width, all, again: '--root /mnt/x' });
        assert.match(shown, /^[\n\x20-\x7e\u00a1-\u017f\u2010-\u2027]*$/);
        assert.ok(shown.startsWith(report.status));
      },
    ),
  );
});
