import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { carriedOutput, carryingSteps, type StepReply } from './carried-output.ts';

/** Runs the steps as an agent does: each under sh, exit code 168 skips the rest but for the step at the end. */
function run(script: string, folder: string): Map<string, StepReply> {
  const replies = new Map<string, StepReply>();
  let skipping = false;
  for (const { name, inputs } of carryingSteps('test-1', script, { timeoutSeconds: 60, slices: 6 })) {
    if (skipping && !inputs.finallyStep) continue;
    const text = inputs.runCommand.join('\n').replaceAll('/var/lib/kintsugi/answers', folder);
    const { status, stdout } = spawnSync('sh', ['-c', text], { encoding: 'utf8' });
    if (status === 168) skipping = true;
    replies.set(name, { status: 'Success', code: status ?? -1, standardOutput: stdout });
  }
  return replies;
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'kt-carry-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('a short output comes up whole, with the exit code of its script', () => {
  const replies = inFolder((folder) => run('printf \'a line\\n  $HOME `id` "quoted" {{ name }}\\n\'\nexit 3', folder));
  assert.deepEqual(carriedOutput(replies), { output: 'a line\n  $HOME `id` "quoted" {{ name }}\n', code: 3 });
});

test('an output of many slices is put together in order', () => {
  const replies = inFolder((folder) => run('head -c 60000 /dev/urandom | base64 -w 76', folder));
  const carried = carriedOutput(replies);
  assert.ok('output' in carried, JSON.stringify(carried));
  assert.equal(Buffer.from(carried.output, 'base64').length, 60_000);
  assert.ok(replies.has('slice2'));
});

test('an output that does not fit the slices is an error, never a part', () => {
  const replies = inFolder((folder) => run('head -c 300000 /dev/urandom', folder));
  assert.match(JSON.stringify(carriedOutput(replies)), /slice 7 of the output is missing/);
});

test('nothing is left on the node', () => {
  inFolder((folder) => {
    run('echo hello', folder);
    assert.equal(spawnSync('ls', [folder], { encoding: 'utf8' }).stdout, '');
  });
});

test('a reply that was changed or lost is told', () => {
  const whole = inFolder((folder) => run('head -c 40000 /dev/urandom | base64', folder));
  const names = [...whole.keys()].filter((name) => name === 'answer' || /^slice[01]$/.test(name));
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.nat({ max: 20_000 }), (name, at) => {
      const reply = whole.get(name);
      assert.ok(reply);
      const lost = new Map(whole);
      lost.delete(name);
      assert.ok('error' in carriedOutput(lost));
      const place = at % reply.standardOutput.trimEnd().length;
      const other = reply.standardOutput[place] === 'f' ? '0' : 'f';
      const standardOutput = `${reply.standardOutput.slice(0, place)}${other}${reply.standardOutput.slice(place + 1)}`;
      const changed = carriedOutput(new Map(whole).set(name, { ...reply, standardOutput }));
      const original = carriedOutput(whole);
      // A digit of the exit code is no part of the output: everything else must be noticed.
      assert.ok('error' in changed || ('output' in original && changed.output === original.output));
    }),
    { numRuns: 60 },
  );
});
