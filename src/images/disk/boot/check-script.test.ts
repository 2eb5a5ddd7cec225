import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { composeCheck, parseCheck } from './check-script.ts';
import { bootChecks, NO_CHECKS } from './checks.ts';
import { judgeBoot } from './verdict.ts';

const CHECKS = bootChecks.parse({ Units: ['ssh.service'], Ports: [22], Commands: [{ Run: "echo 'a'; exit 1" }] });
const said = (...lines: string[]) => lines.map((line) => `N\t${line}\r\n`).join('');
const GOOD = said(
  ...['begin', 'state\trunning', 'kernel\t6.1.0-9-amd64', 'unit\t0\tok', 'port\t0\tok', 'command\t0\tok', 'end'],
);
const FROM = { mode: 'qemu', kernel: '6.1.0-9-amd64', seconds: 1, ended: 'it did not answer', stayedOn: null } as const;

test('an image that answers well passes', () => {
  const verdict = judgeBoot(parseCheck(GOOD, 'N', CHECKS), FROM);
  assert.deepEqual([verdict.passed, verdict.reason, verdict.checks.length], [true, null, 3]);
});

for (const [what, text, reason] of [
  ['that says nothing', '', /did not answer/],
  ['that was cut off', GOOD.replace('N\tend\r\n', ''), /did not answer/],
  ['that guesses the mark', GOOD.replaceAll('N\t', 'M\t'), /did not answer/],
  ['with a failed unit', GOOD + said('failed\tx.service'), /a unit failed: x\.service/],
  ['that is degraded', GOOD.replace('running', 'degraded'), /systemd says "degraded"/],
  ['that runs another kernel', GOOD.replace('-9-', '-8-'), /runs Linux 6\.1\.0-8-amd64/],
  [
    'with a unit that is not active',
    GOOD.replace('unit\t0\tok', 'unit\t0\tno\tit is dead'),
    /ssh\.service.*it is dead/,
  ],
  ['that leaves a check out', GOOD.replace('N\tport\t0\tok\r\n', ''), /port 22: no answer/],
] as const) {
  test(`an image ${what} does not pass`, () => {
    const verdict = judgeBoot(parseCheck(text, 'N', CHECKS), FROM);
    assert.equal(verdict.passed, false);
    assert.match(verdict.reason ?? '', reason);
  });
}

test('whatever an image says, it is judged', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (noise, lines) => {
      parseCheck(noise + lines.map((line) => `N\t${line}\n`).join(''), 'N', CHECKS);
    }),
  );
});

test('checks are words of the script, whatever is in them', () => {
  const hostile = bootChecks.parse({ Commands: [{ Run: "'; touch /tmp/kintsugi-never; echo '" }] });
  for (const checks of [NO_CHECKS, CHECKS, hostile]) {
    const script = composeCheck('N', '/dev/null', checks);
    assert.equal(spawnSync('/bin/sh', ['-n'], { input: script }).status, 0);
  }
});
