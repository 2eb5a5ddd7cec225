import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './managed-node.ts';
import { REGION, startWholeServer } from './whole-server.ts';

const PROGRAM = join(import.meta.dirname, '..', 'src', 'cli', 'agent-main.ts');

test('Our agent registers with our server, is listed online, and runs what the AWS CLI sends', async (t) => {
  if (spawnSync('aws', ['--version']).status !== 0) return t.skip('the AWS CLI is not there');
  const fleet = await startWholeServer();
  t.after(() => fleet.dispose());
  const folder = mkdtempSync(join(tmpdir(), 'kt-agent-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const activation = await fleet.ssm('create-activation', '--iam-role', 'node');
  const state = join(folder, 'state');
  const where = ['--endpoint', fleet.url, '--region', REGION, '--activation-id', activation.ActivationId];
  const registered = spawn(process.execPath, [PROGRAM, 'register', '--state', state, ...where], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, KINTSUGI_ACTIVATION_CODE: activation.ActivationCode },
  });
  assert.equal(await new Promise((resolve) => registered.once('exit', resolve)), 0);
  const reboot = ['--reboot-command', `touch '${join(folder, 'rebooted')}'`];
  const agent = spawn(process.execPath, [PROGRAM, 'run', '--state', state, ...reboot], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  agent.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = new Promise((resolve) => agent.once('exit', resolve));
  t.after(() => agent.kill('SIGKILL'));
  await eventually(() => log.includes('serves'));
  const InstanceId = /mi-[0-9a-f]{17}/.exec(log)?.[0] ?? '';
  for (;;) {
    const { InstanceInformationList: nodes } = await fleet.ssm('describe-instance-information');
    if (nodes[0]?.PingStatus !== 'Online' || nodes[0].PlatformName === undefined) {
      await sleep(500);
      continue;
    }
    assert.deepEqual([nodes.length, nodes[0].InstanceId, nodes[0].PlatformType], [1, InstanceId, 'Linux']);
    break;
  }
  const parameters = JSON.stringify({ commands: ['echo "$AWS_SSM_INSTANCE_ID"', 'echo oops >&2', 'exit 3'] });
  const sent = ['--document-name', 'AWS-RunShellScript', '--instance-ids', InstanceId, '--parameters', parameters];
  const { CommandId } = (await fleet.ssm('send-command', ...sent)).Command;
  const which = ['--command-id', CommandId, '--instance-id', InstanceId];
  for (;;) {
    const found = await fleet.ssm('get-command-invocation', ...which).catch(() => ({ Status: 'Pending' }));
    if (['Pending', 'InProgress', 'Delayed'].includes(found.Status)) {
      await sleep(500);
      continue;
    }
    assert.deepEqual([found.Status, found.ResponseCode], ['Failed', 3]);
    assert.equal(found.StandardOutputContent, `${InstanceId}\n`);
    assert.equal(found.StandardErrorContent, 'oops\nfailed to run commands: exit status 3');
    break;
  }
  agent.kill('SIGTERM');
  assert.equal(await ended, 0);
  assert.deepEqual(fleet.faults, []);
});
