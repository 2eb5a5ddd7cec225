import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, ManagedNode, shell } from '../../test/managed-node.ts';

/** Notes in `log` that it runs, then waits until the test has made the file `go`. */
function patient(node: ManagedNode, name = 'slow') {
  return shell(
    name,
    `cd '${node.folder}'; echo ${name} >>log; echo begun; until [ -e go ]; do sleep 0.05; done; echo done`,
  );
}

suite('An agent', { concurrency: 3 }, () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`that ends by ${signal} in a step leaves its script alone, and the next one takes it up`, async (t) => {
      const node = await ManagedNode.run(t);
      const id = node.service.command([
        shell('first', `echo first >>'${node.path('log')}'`),
        patient(node),
        shell('next', 'echo 3'),
      ]);
      await eventually(() => node.has('log') && node.read('log').includes('slow'));
      const code = await node.stop(signal);
      if (signal === 'SIGTERM') assert.equal(code, 0);
      node.start();
      await eventually(() => node.log.split('serves').length === 3);
      await writeGo(node);
      assert.equal((await node.service.final(id)).documentStatus, 'Success');
      const { first, slow, next } = node.service.steps(id);
      assert.deepEqual(
        [first?.status, slow?.standardOutput, next?.standardOutput],
        ['Success', 'begun\ndone\n', '3\n'],
      );
      assert.equal(node.read('log'), 'first\nslow\n');
      await eventually(() => node.stored('documents').length === 0);
    });
  }

  test('finds the result of a script that ended while no agent ran', async (t) => {
    const node = await ManagedNode.run(t);
    const id = node.service.command([patient(node)]);
    await eventually(() => node.has('log'));
    await node.stop('SIGKILL');
    await writeGo(node);
    await eventually(() => node.stored('documents').some((name) => name.endsWith('exit.1')));
    node.start();
    assert.equal((await node.service.final(id)).runtimeStatus?.slow?.standardOutput, 'begun\ndone\n');
    assert.equal(node.read('log'), 'slow\n');
  });

  test('reports a step as failed that was killed with everything else, and runs nothing of it again', async (t) => {
    const node = await ManagedNode.run(t);
    const note = (name: string) => shell(name, `echo ${name} >>'${node.path('log')}'`);
    const id = node.service.command([note('first'), patient(node), note('next')]);
    await eventually(() => node.has('log') && node.read('log').includes('slow'));
    await node.endAll();
    node.start();
    const last = await node.service.final(id);
    assert.equal(last.documentStatus, 'Failed');
    const { first, slow, next } = node.service.steps(id);
    assert.deepEqual([first?.status, slow?.status, slow?.code, next], ['Success', 'Failed', 1, undefined]);
    assert.match(slow?.standardError ?? '', /document process failed unexpectedly/);
    assert.equal(slow?.standardOutput, 'begun\n');
    assert.equal(node.read('log'), 'first\nslow\n');
    const after = node.service.command([note('after')]);
    assert.equal((await node.service.final(after)).documentStatus, 'Success');
  });

  test('killed at any moment, however often, runs each step of a document once and tells of each', async (t) => {
    const node = await ManagedNode.make(t);
    const steps = Array.from({ length: 12 }, (_, n) =>
      shell(`s${n}`, `echo ${n} >>'${node.path('log')}'; sleep 0.0${n}`),
    );
    const id = node.service.command(steps);
    for (let kills = 0; kills < 10; kills += 1) {
      node.start();
      await sleep(150 + 300 * Math.random());
      await node.stop('SIGKILL');
    }
    // An agent may have died with the message in its hands: a server gives it out again as long as nobody says thanks.
    node.service.redeliver(id);
    node.start();
    assert.equal((await node.service.final(id)).documentStatus, 'Success');
    assert.equal(node.read('log'), steps.map((_, n) => `${n}\n`).join(''));
    const told = node.service.steps(id);
    assert.ok(steps.every(({ name }) => told[String(name)]?.status === 'Success'));
  });

  test('takes a message that comes again for the same, while it runs and after', async (t) => {
    const node = await ManagedNode.run(t);
    const id = node.service.command([patient(node)]);
    await eventually(() => node.has('log'));
    const count = (operation: string) => {
      return node.service.calls.filter((call) => call.operation === operation && call.body.MessageId === id).length;
    };
    node.service.redeliver(id);
    await node.service.until(() => count('AcknowledgeMessage') === 2);
    await writeGo(node);
    await node.service.final(id);
    await eventually(() => node.stored('documents').length === 0 && node.stored('replies').length === 0);
    await node.stop('SIGKILL');
    node.start();
    node.service.redeliver(id);
    await node.service.until(() => count('AcknowledgeMessage') === 3);
    assert.equal(node.service.replies(id).at(-1)?.documentStatus, 'InProgress');
    assert.equal(node.read('log'), 'slow\n');
  });

  test('keeps what it cannot say while the server is away, over its own end, and says it in order', async (t) => {
    const node = await ManagedNode.run(t);
    const id = node.service.command([patient(node), shell('two', 'echo 2'), shell('three', 'echo 3')]);
    await eventually(() => node.has('log'));
    await node.service.until(() => node.service.calls.some(({ operation }) => operation === 'AcknowledgeMessage'));
    await node.service.down();
    await writeGo(node);
    await eventually(() => node.stored('replies').filter((name) => name.endsWith('.json')).length === 4);
    await node.stop('SIGKILL');
    node.start();
    await eventually(() => node.log.split('serves').length === 3);
    await node.service.up();
    await node.service.final(id);
    const said = node.service.replies(id).map(({ runtimeStatus, documentStatus }) => {
      return Object.keys(runtimeStatus ?? {})[0] ?? documentStatus;
    });
    assert.deepEqual(said, ['InProgress', 'slow', 'two', 'three', 'Success']);
    await eventually(() => node.stored('replies').length === 0);
  });

  test('sends a reply that the server chokes on again, with the same id, and holds nothing else up', async (t) => {
    const node = await ManagedNode.make(t);
    let failures = 0;
    const bad = node.service.command([shell('bad', 'echo bad')]);
    const good = node.service.command([shell('good', 'echo good')]);
    node.service.interfere = ({ operation, body }) => {
      if (operation !== 'SendReply' || body.MessageId !== bad || failures === 3) return undefined;
      failures += 1;
      return { status: 500, body: { __type: 'InternalServerError' } };
    };
    node.start();
    await node.service.final(good);
    await node.service.until(() => failures === 3 && node.service.replies(bad).some(isFinal));
    const ids = node.service.calls
      .filter(({ body }) => body.MessageId === bad && body.ReplyId)
      .map(({ body }) => body.ReplyId);
    assert.deepEqual(new Set(ids.slice(0, 4)).size, 1);
    assert.equal(node.service.steps(bad).bad?.standardOutput, 'bad\n');
  });

  test('runs a step that asks for a reboot again after it, with its outputs one after the other', async (t) => {
    const node = await ManagedNode.make(t);
    node.start();
    const twice = `cd '${node.folder}'; [ ! -e been ] || { echo again; exit 0; }; touch been; echo once; exit 194`;
    const note = (name: string) => shell(name, `echo ${name} >>'${node.path('log')}'`);
    const id = node.service.command([note('first'), shell('twice', twice), note('last')]);
    await eventually(() => node.has('rebooted'));
    await node.service.until(() =>
      node.service.replies(id).some(({ documentStatus }) => documentStatus === 'SuccessAndReboot'),
    );
    const { additionalInfo, runtimeStatus } = node.service.replies(id).at(-1) ?? {};
    assert.deepEqual([additionalInfo?.runtimeStatusCounts, runtimeStatus], [{ Success: 1, SuccessAndReboot: 1 }, {}]);
    const { twice: before, last: notYet } = node.service.steps(id);
    assert.deepEqual([before?.status, before?.code, notYet], ['SuccessAndReboot', 194, undefined]);
    const meanwhile = node.service.command([note('meanwhile')]);
    await node.endAll();
    assert.equal(node.read('log'), 'first\n');
    node.start();
    assert.equal((await node.service.final(id)).documentStatus, 'Success');
    const { twice: after } = node.service.steps(id);
    assert.deepEqual([after?.status, after?.standardOutput], ['Success', 'once\nagain\n']);
    assert.equal(after?.startDateTime, before?.startDateTime);
    await node.service.final(meanwhile);
    assert.deepEqual(node.read('log').trim().split('\n').sort(), ['first', 'last', 'meanwhile']);
  });

  test('stops a step that asks for reboots without end', async (t) => {
    const node = await ManagedNode.make(t);
    const id = node.service.command([shell('loop', 'exit 194')]);
    const reboots = () =>
      node.service.replies(id).filter(({ documentStatus }) => documentStatus === 'SuccessAndReboot').length;
    node.start('--once');
    assert.equal(await node.end(), 0);
    assert.equal(reboots(), 1);
    const progress = join(node.state, 'documents', id.split('.')[2] ?? '', 'progress.json');
    await writeFile(progress, (await readFile(progress, 'utf8')).replace('"attempt":1', '"attempt":9'));
    node.start('--once');
    assert.equal(await node.end(), 0);
    assert.equal(reboots(), 2);
    node.start();
    assert.equal((await node.service.final(id)).documentStatus, 'Failed');
    assert.match(node.service.steps(id).loop?.standardError ?? '', /asked for a reboot more than 10 times/);
  });

  test('kills a cancelled command, and one that waits never runs', async (t) => {
    const node = await ManagedNode.run(t);
    const busy = [1, 2, 3, 4].map((n) => node.service.command([patient(node, `busy${n}`)]));
    const id = node.service.command([
      shell('slow', `cat /proc/$$/stat >'${node.path('pid')}'; echo started; sleep 600`),
      shell('two', 'echo 2'),
    ]);
    await eventually(
      () => node.has('pid') && ['1', '2', '3', '4'].every((n) => node.has('log') && node.read('log').includes(n)),
    );
    const waiting = node.service.command([shell('never', `touch '${node.path('never')}'`)]);
    await node.service.until(() => node.service.replies(waiting).length > 0);
    const cancelWaiting = node.service.cancel(waiting);
    assert.equal((await node.service.final(waiting)).documentStatus, 'Cancelled');
    const cancel = node.service.cancel(id);
    assert.equal((await node.service.final(id)).documentStatus, 'Cancelled');
    const about = new Set([id, cancel]);
    const told = node.service.calls.filter(({ body }) => about.has(String(body.MessageId))).slice(2);
    assert.deepEqual(
      told.map(({ operation, body }) => `${operation} ${body.MessageId === cancel ? 'cancel' : 'command'}`),
      ['SendReply cancel', 'SendReply command', 'SendReply command', 'AcknowledgeMessage cancel', 'SendReply command'],
    );
    const { slow, two } = node.service.steps(id);
    assert.deepEqual([slow?.status, slow?.code, slow?.standardOutput], ['Cancelled', 137, 'started\n']);
    assert.deepEqual([two?.status, two?.code], ['Cancelled', 1]);
    assert.equal(node.has('never'), false);
    await writeGo(node);
    for (const one of busy) assert.equal((await node.service.final(one)).documentStatus, 'Success');
    const tooLate = node.service.cancel(id);
    const acknowledged = (one: string) =>
      node.service.calls.some(({ operation, body }) => operation === 'AcknowledgeMessage' && body.MessageId === one);
    await node.service.until(() => acknowledged(tooLate) && acknowledged(cancelWaiting));
  });
});

function isFinal({ documentStatus }: { documentStatus: string }): boolean {
  return documentStatus === 'Success' || documentStatus === 'Failed';
}

function writeGo(node: ManagedNode): Promise<void> {
  return writeFile(node.path('go'), '');
}
