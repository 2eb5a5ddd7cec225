import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { processGroup } from './processor-time.ts';

const SPIN = 'const until = process.cpuUsage().user + 200_000; while (process.cpuUsage().user < until);';

test('a group counts what a session of its own burns, and ends what is left in it', async (t) => {
  const group = processGroup();
  if (group === null) return t.skip('needs root, and control groups of version 2');
  const script = `setsid "$1" -e '${SPIN}'; setsid sleep 1000 >/dev/null 2>&1 & echo $!`;
  const [file = '', ...args] = group.enter(['sh', '-c', script, 'sh', process.execPath]);
  const { status, stdout } = spawnSync(file, args, { encoding: 'utf8' });
  assert.equal(status, 0);
  assert.ok((await group.end()) > 0.2);
  const state = existsSync(`/proc/${Number(stdout)}/stat`) ? readFileSync(`/proc/${Number(stdout)}/stat`, 'utf8') : '';
  // Whoever has to bury it may not have found the time.
  assert.match(state, /^$|\) [ZX] /);
});

test('the exit status of what runs in a group is its own', (t) => {
  const group = processGroup();
  if (group === null) return t.skip('needs root, and control groups of version 2');
  t.after(group.end);
  const [file = '', ...args] = group.enter(['sh', '-c', 'exit 7']);
  assert.equal(spawnSync(file, args).status, 7);
});
