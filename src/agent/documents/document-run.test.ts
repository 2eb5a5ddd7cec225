import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ManagedNode, shell } from '../../../test/managed-node.ts';
import { isAlive, parseProcessStat } from './process-identity.ts';

suite('A document', { concurrency: 3 }, () => {
  test('is taken in, acknowledged, told of step by step and at its end', async (t) => {
    const node = await ManagedNode.run(t);
    const id = node.service.command([shell('one', 'echo 1; echo e >&2'), shell('two', 'echo 2')]);
    const last = await node.service.final(id);
    const told = node.service.calls.filter(({ body }) => body.MessageId === id);
    assert.deepEqual(
      told.map(({ operation }) => operation),
      ['SendReply', 'AcknowledgeMessage', 'SendReply', 'SendReply', 'SendReply'],
    );
    const [first, one] = node.service.replies(id);
    assert.equal(first?.documentStatus, 'InProgress');
    assert.equal(first?.runtimeStatus, null);
    assert.deepEqual(Object.keys(one?.runtimeStatus ?? {}), ['one']);
    assert.deepEqual(one?.additionalInfo.runtimeStatusCounts, { Success: 1 });
    const { one: step, two } = node.service.steps(id);
    assert.equal(step?.standardOutput, '1\n');
    assert.equal(step?.standardError, 'e\n');
    assert.equal(step?.output, '1\n\n----------ERROR-------\ne\n');
    assert.equal(two?.status, 'Success');
    assert.equal(last.documentStatus, 'Success');
    assert.deepEqual(last.runtimeStatus, {});
    assert.deepEqual(last.additionalInfo.runtimeStatusCounts, { Success: 2 });
    assert.deepEqual(node.service.faults, []);
  });

  test('of one step repeats what came of it at the end', async (t) => {
    const node = await ManagedNode.run(t);
    const last = await node.service.final(node.service.command([shell('one', 'echo 1')]));
    assert.equal(last.runtimeStatus?.one?.standardOutput, '1\n');
  });

  test('goes on after a step that failed, and has failed itself', async (t) => {
    const node = await ManagedNode.run(t);
    const id = node.service.command([shell('one', 'exit 3'), shell('two', 'echo 2')]);
    assert.equal((await node.service.final(id)).documentStatus, 'Failed');
    const { one, two } = node.service.steps(id);
    assert.deepEqual(
      [one?.status, one?.code, one?.standardError],
      ['Failed', 3, 'failed to run commands: exit status 3'],
    );
    assert.equal(two?.status, 'Success');
  });

  test('ends well with exit 168, badly with 169 and by onFailure, and still takes its final step', async (t) => {
    const node = await ManagedNode.run(t);
    const rest = [shell('rest', 'echo no'), shell('last', 'echo last', { finallyStep: true })];
    const kinds = [
      ['Success', 'Success', shell('end', 'echo out; exit 168')],
      ['Failed', 'Failed', shell('end', 'exit 169')],
      ['Failed', 'Failed', shell('end', 'exit 1', { onFailure: 'exit' })],
      ['Success', 'Success', shell('end', 'exit 1', { onFailure: 'successAndExit' })],
      ['Success', 'Success', shell('end', 'exit 0', { onSuccess: 'exit' })],
    ] as const;
    for (const [whole, status, step] of kinds) {
      const id = node.service.command([step, ...rest]);
      assert.equal((await node.service.final(id)).documentStatus, whole);
      const steps = node.service.steps(id);
      assert.deepEqual([steps.end?.status, steps.rest?.status, steps.rest?.code], [status, 'Skipped', 0]);
      assert.equal(steps.last?.standardOutput, 'last\n');
      if (steps.end?.code !== 168) continue;
      assert.match(
        steps.end.standardOutput,
        /^out\n\nStep exited with code 168\. .* Further document steps will be skipped\.$/,
      );
    }
  });

  test('takes parameters as text, leaves what it does not know, and puts lists in whole', async (t) => {
    const node = await ManagedNode.run(t);
    const body = `cat <<'EOF'\n{{ text }}|{{other}}|{{missing}}\nEOF`;
    const lines = { action: 'aws:runShellScript', name: 'lines', inputs: { runCommand: ['{{ commands }}'] } };
    const text = `a'b"c\\ $HOME \`id\` {{other}} \t ü`;
    const id = node.service.command([shell('text', body), lines], {
      declared: { text: { type: 'String' }, other: { type: 'String', default: 'default' } },
      parameters: { text, commands: ['x=1', 'echo $x'] },
    });
    await node.service.final(id);
    const steps = node.service.steps(id);
    assert.equal(steps.text?.standardOutput, `${text}|default|{{missing}}\n`);
    assert.equal(steps.lines?.standardOutput, '1\n');
  });

  test('skips steps for other systems, and fails at actions and conditions that it does not know', async (t) => {
    const node = await ManagedNode.run(t);
    const on = (value: string) => ({ precondition: { StringEquals: ['platformType', value] } });
    const id = node.service.command([
      { ...shell('windows', 'echo no'), ...on('Windows') },
      { ...shell('linux', 'echo yes'), ...on('Linux') },
      { action: 'aws:runPowerShellScript', name: 'power', inputs: { runCommand: ['1'] } },
      { action: 'aws:unheardOf', name: 'unknown', inputs: {} },
      { ...shell('odd', 'echo no'), precondition: { StringLike: ['a', 'b'] } },
    ]);
    assert.equal((await node.service.final(id)).documentStatus, 'Failed');
    const { windows, linux, power, unknown, odd } = node.service.steps(id);
    assert.deepEqual([windows?.status, windows?.standardOutput.includes('unsatisfied')], ['Skipped', true]);
    assert.equal(linux?.standardOutput, 'yes\n');
    assert.equal(power?.status, 'Skipped');
    assert.equal(unknown?.status, 'Failed');
    assert.match(unknown?.output ?? '', /Plugin with name aws:unheardOf is not supported by this version of ssm agent/);
    assert.deepEqual([odd?.status, odd?.standardOutput], ['Failed', '']);
  });

  test('gives scripts their place, their folder and their own interpreter, and nothing of the agent', async (t) => {
    const node = await ManagedNode.run(t);
    const id = node.service.command([
      shell(
        'who',
        'echo "$AWS_SSM_INSTANCE_ID $AWS_SSM_REGION_NAME $SSM_COMMAND_ID"; env | grep -c ^NODE_; ls -l "$0"',
      ),
      shell('where', 'pwd', { workingDirectory: node.folder }),
      shell('nowhere', 'pwd', { workingDirectory: '/no/such/folder' }),
      shell('other', '#!/usr/bin/env -S awk -f\nBEGIN { print "awk" }'),
      shell('alone', '[ "$(cut -d" " -f6 /proc/self/stat)" = "$PPID" ] && echo own'),
    ]);
    await node.service.final(id);
    const { who, where, nowhere, other, alone } = node.service.steps(id);
    const [names, count, listed] = who?.standardOutput.split('\n') ?? [];
    assert.equal(names, `${node.service.instanceId} us-east-1 ${id.split('.')[2]}`);
    assert.equal(count, '0');
    assert.match(listed ?? '', /^-rwx------/);
    assert.equal(where?.standardOutput, `${node.folder}\n`);
    assert.deepEqual([nowhere?.status, nowhere?.code], ['Failed', 1]);
    assert.equal(other?.standardOutput, 'awk\n');
    assert.equal(alone?.standardOutput, 'own\n');
  });

  test('sends 23,999 bytes of each output in full, and marks what is longer', async (t) => {
    const node = await ManagedNode.run(t);
    const print = (count: number) => `head -c ${count} /dev/zero | tr '\\0' x`;
    const id = node.service.command([
      shell('fits', `${print(23_999)}; ${print(23_999)} >&2`),
      shell('cut', `${print(24_000)}; ${print(300_000)} >&2`),
      shell('bytes', "printf 'a\\377b'"),
    ]);
    await node.service.final(id);
    const { fits, cut, bytes } = node.service.steps(id);
    assert.equal(fits?.standardOutput, 'x'.repeat(23_999));
    assert.equal(fits?.standardError, 'x'.repeat(23_999));
    assert.equal(Buffer.byteLength(fits?.output ?? ''), 2500);
    assert.equal(cut?.standardOutput, `${'x'.repeat(23_980)}--output truncated--`);
    assert.equal(cut?.standardError, `${'x'.repeat(23_981)}--error truncated--`);
    assert.equal(bytes?.standardOutput, 'a\ufffdb');
  });

  test('kills a step at its time limit with everything in its group', async (t) => {
    const node = await ManagedNode.run(t);
    const script = `trap '' TERM; echo begun; sleep 600 & cat /proc/$!/stat >'${node.path('child')}'; wait`;
    const id = node.service.command([shell('slow', script, { timeoutSeconds: '5' }), shell('next', 'echo next')]);
    const last = await node.service.final(id);
    assert.equal(last.documentStatus, 'TimedOut');
    const { slow, next } = node.service.steps(id);
    assert.deepEqual([slow?.status, slow?.code, slow?.standardOutput], ['TimedOut', 137, 'begun\n']);
    assert.equal(next?.status, 'Success');
    const child = parseProcessStat(node.read('child'));
    assert.equal(child !== null && (await isAlive(child)), false);
  });

  test('that cannot be read has failed and says why, and foreign messages are refused', async (t) => {
    const node = await ManagedNode.run(t);
    const broken = node.service.command([], { payload: '{"half":' });
    const empty = node.service.command([]);
    const { documentStatus, documentTraceOutput } = await node.service.final(broken);
    assert.deepEqual([documentStatus, documentTraceOutput !== ''], ['Failed', true]);
    assert.match((await node.service.final(empty)).documentTraceOutput, /mainSteps/);
    node.service.queue('aws.elsewhere', 'odd', '{}');
    node.service.queue('aws.ssm.sendCommand.us-east-1.1', 'aws.ssm.../../etc.mi-0', '{}');
    const refused = () => node.service.calls.filter(({ operation }) => operation === 'FailMessage');
    await node.service.until(() => refused().length === 2);
    assert.deepEqual(refused()[0]?.body, { MessageId: 'odd', FailureType: 'InternalHandlerException' });
  });
});
