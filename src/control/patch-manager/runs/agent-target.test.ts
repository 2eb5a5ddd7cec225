import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../../../../lab/command.ts';
import { isOnPath } from '../../../platforms/targets/on-path.ts';
import type { StepReply } from '../../run-command/carried-output.ts';
import { agentTarget, type NodeMessenger } from './agent-target.ts';

/** A node whose agent is a plain user's: it really runs the steps, one after the other, up to code 168. */
const plainNode: NodeMessenger = {
  send: async (steps) => {
    const asPlainUser =
      process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];
    const replies = new Map<string, StepReply>();
    let isOver = false;
    for (const { name, inputs } of steps) {
      if (isOver && inputs.finallyStep !== true) continue;
      const { status, stdout } = await run([...asPlainUser, 'sh', '-c', inputs.runCommand.join('\n')]);
      isOver ||= status !== 0;
      const code = status ?? -1;
      replies.set(name, { status: code === 0 || code === 168 ? 'Success' : 'Failed', code, standardOutput: stdout });
    }
    return replies;
  },
};

test('an agent of a plain user can be asked, and refuses to change anything', async (t) => {
  if (process.getuid?.() === 0 && !isOnPath('setpriv')) return t.skip('needs setpriv');
  const target = agentTarget('mi-0123456789abcdef0', plainNode);
  const asked = await target.read('id -u; exit 3', { timeoutMs: 60_000 });
  assert.equal(asked.code, 3);
  assert.match(asked.stdout, /^[1-9]\d*\n$/);
  const marker = `/tmp/kt-changed-${process.pid}`;
  t.after(() => rmSync(marker, { force: true }));
  const refused = { code: 'Permission', message: /runs as a plain user/ };
  await assert.rejects(target.change(`touch ${marker}`, { timeoutMs: 60_000 }), refused);
  await assert.rejects(target.launch('/nowhere'), refused);
  assert.ok(!existsSync(marker));
});

test('a folder that somebody else has laid in the way brings no answer', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root');
  const folder = '/tmp/kintsugi-answers-65534';
  rmSync(folder, { recursive: true, force: true });
  await run(['mkdir', '-m', '777', folder]);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const target = agentTarget('mi-0123456789abcdef0', plainNode);
  await assert.rejects(target.read('true', { timeoutMs: 60_000 }), { code: 'ProbeFailed' });
});
