import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { requireLab } from '../lab/require.ts';
import type { LabRoot } from '../lab/root.ts';
import { freshRoot } from '../lab/roots.ts';
import { openFirstSeen } from '../src/control/patch-manager/first-seen.ts';
import type { NodeMessenger } from '../src/control/patch-manager/runs/agent-target.ts';
import { type PatchRunContext, runPatchOperation } from '../src/control/patch-manager/runs/patch-run.ts';
import { patchRunText } from '../src/control/patch-manager/runs/run-text.ts';
import type { StepReply } from '../src/control/run-command/carried-output.ts';
import { EMPTY_KNOWLEDGE } from '../src/core/advisories/knowledge.ts';
import { predefinedFor } from '../src/core/baselines/predefined.ts';

/** Runs steps inside a lab root as an agent runs them there: each under sh, code 168 skips all but the last ones. */
function messengerOf(root: LabRoot, spoil?: (replies: Map<string, StepReply>) => void): NodeMessenger {
  return {
    send: async (steps) => {
      const replies = new Map<string, StepReply>();
      let skipping = false;
      for (const { name, inputs } of steps) {
        if (skipping && !inputs.finallyStep) continue;
        const { status, stdout } = await root.run(['sh', '-c', inputs.runCommand.join('\n')]);
        if (status === 168) skipping = true;
        replies.set(name, { status: 'Success', code: status ?? -1, standardOutput: stdout });
      }
      spoil?.(replies);
      return replies;
    },
  };
}

function contextOf(messenger: NodeMessenger, home: string): PatchRunContext {
  return {
    messenger,
    snapshotFor: async (os) => ({ baseline: predefinedFor(os), frozenAt: new Date() }),
    knowledge: EMPTY_KNOWLEDGE,
    firstSeen: (inventory) => openFirstSeen(home, inventory.target.os.ecosystem),
    now: () => new Date(),
    mayChange: async () => true,
    sleep: () => Promise.resolve(),
    beforeChange: () => Promise.resolve(),
    onPhase: () => {},
  };
}

const INSTANCE = 'mi-0123456789abcdef0';

test('a node is scanned and patched through nothing but the steps of documents', async (t) => {
  if (!(await requireLab(t, 'mirror'))) return;
  await using root = await freshRoot('pending');
  const home = mkdtempSync(join(tmpdir(), 'kt-run-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const context = contextOf(messengerOf(root), home);
  const scan = await runPatchOperation(context, { instanceId: INSTANCE, operation: 'Scan', rebootOption: 'NoReboot' });
  assert.equal(scan.after.evaluation.status, 'NON_COMPLIANT');
  assert.ok(scan.after.evaluation.counts.missing > 0);
  assert.equal(scan.changes.length, 0);

  const request = { instanceId: INSTANCE, operation: 'Install', rebootOption: 'RebootIfNeeded' } as const;
  const done = await runPatchOperation(context, request);
  assert.equal(done.error, null);
  assert.equal(done.end?.result, 'ok');
  assert.equal(done.after.evaluation.status, 'COMPLIANT');
  assert.ok(done.changes.length > 0 && done.changes.every(({ planned }) => planned));
  assert.equal(done.rebooted, false);
  assert.match(patchRunText(request, done), /STATUS: COMPLIANT\n[\s\S]*MissingCount: 0\n[\s\S]*CHANGED \(\d+\):\n/);

  const again = await runPatchOperation(context, request);
  assert.equal(again.end, null, 'nothing is left to install');
  assert.equal(again.after.evaluation.status, 'COMPLIANT');
});

test('a node whose mirror is away says so, and is unknown where it has no lists', async (t) => {
  if (!(await requireLab(t, 'mirror'))) return;
  await using root = await freshRoot('mirror-down');
  const home = mkdtempSync(join(tmpdir(), 'kt-run-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const request = { instanceId: INSTANCE, operation: 'Scan', rebootOption: 'NoReboot' } as const;
  const scan = await runPatchOperation(contextOf(messengerOf(root), home), request);
  assert.equal(scan.after.evaluation.status, 'UNKNOWN');
  assert.match(patchRunText(request, scan), /refresh-failed: .* connect \(111: Connection refused\)/);
});

test('an answer that loses a slice is an error and no inventory', async (t) => {
  if (!(await requireLab(t, 'mirror'))) return;
  await using root = await freshRoot('pending');
  const home = mkdtempSync(join(tmpdir(), 'kt-run-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const context = contextOf(
    messengerOf(root, (replies) => replies.delete('slice0')),
    home,
  );
  await assert.rejects(
    runPatchOperation(context, { instanceId: INSTANCE, operation: 'Scan', rebootOption: 'NoReboot' }),
    /slice 1 of the output is missing/,
  );
});

test('a package that cannot be installed fails with the words of dpkg, and the run tells of the rest', async (t) => {
  if (!(await requireLab(t, 'mirror'))) return;
  await using root = await freshRoot('failing-postinst');
  const home = mkdtempSync(join(tmpdir(), 'kt-run-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const outcome = await runPatchOperation(contextOf(messengerOf(root), home), {
    instanceId: INSTANCE,
    operation: 'Install',
    rebootOption: 'NoReboot',
  });
  assert.equal(outcome.error?.code, 'InstallFailed');
  assert.equal(outcome.after.evaluation.status, 'NON_COMPLIANT');
  assert.ok(outcome.changes.length > 0, 'the other packages are patched');
});
