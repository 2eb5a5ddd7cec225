import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFacts, withoutFacts } from '../../../test/facts.ts';
import { NON_COMPLIANT } from './sample.ts';

interface Step {
  readonly main: string;
  readonly sec: string;
  readonly source: string;
}

function read<T>(name: string): Record<string, T> {
  return JSON.parse(readFacts(`debian-bookworm-2026-11/${name}`).toString());
}

test('the sample shows steps and CVE ids that the Debian archive really has', { skip: withoutFacts }, () => {
  const steps = read<Step>('pending-security-binaries.json');
  const changelogs = read<{ cves?: string[] }>('pending-security-changelog-cves.json');
  let checked = 0;
  for (const patch of NON_COMPLIANT.patches) {
    if (patch.classification !== 'Security' || patch.installedVersion === null) continue;
    const step = steps[patch.name];
    assert.ok(step, patch.name);
    assert.deepEqual([patch.installedVersion, patch.availableVersion], [step.main, step.sec], patch.name);
    const known = new Set(changelogs[step.source.split(' ')[0] ?? '']?.cves);
    assert.deepEqual(
      patch.cves.filter((cve) => !known.has(cve)),
      [],
    );
    checked += 1;
  }
  assert.equal(checked, 11);
});

test('the counts of the sample are those of its patches', () => {
  const count = (state: string) => NON_COMPLIANT.patches.filter((patch) => patch.state === state).length;
  const { counts } = NON_COMPLIANT;
  assert.deepEqual(
    [counts.installed, counts.installedOther, counts.installedPendingReboot, counts.installedRejected, counts.missing],
    ['INSTALLED', 'INSTALLED_OTHER', 'INSTALLED_PENDING_REBOOT', 'INSTALLED_REJECTED', 'MISSING'].map(count),
  );
});
