import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManagedNode, shell } from '../../test/managed-node.ts';

test('The agent in one file, away from the project, registers and runs a document', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kt-bundle-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'kintsugi-agent.mjs');
  const make = join(import.meta.dirname, '..', '..', 'bin', 'bundle-agent');
  const made = spawnSync('sh', [make, program], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  const node = await ManagedNode.make(t, program);
  const id = node.service.command([shell('one', 'echo 1')]);
  node.start();
  assert.equal((await node.service.final(id)).runtimeStatus?.one?.standardOutput, '1\n');
  assert.equal(await node.stop('SIGTERM'), 0);
  assert.deepEqual(node.service.faults, []);
});
