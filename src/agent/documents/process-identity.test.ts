import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAlive, parseProcessStat } from './process-identity.ts';

test('A process is alive until it ends, and another start time is another process', async () => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const identity = parseProcessStat(readFileSync(`/proc/${child.pid}/stat`, 'utf8'));
  assert.ok(identity !== null);
  assert.equal(identity.pid, child.pid);
  assert.equal(await isAlive(identity), true);
  assert.equal(await isAlive({ ...identity, startTime: '1' }), false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(await isAlive(identity), false);
});

test('The name of a program cannot pass for the fields after it', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 15 }), (name) => {
      const line = `4711 (${name}) S 1 4711 4711 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 987654 0 0`;
      assert.deepEqual(parseProcessStat(line), { pid: 4711, startTime: '987654', isDead: false });
    }),
  );
  assert.equal(parseProcessStat('claimed'), null);
  assert.equal(parseProcessStat('1 (init) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0'), null);
});
