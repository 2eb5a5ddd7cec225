import assert from 'node:assert/strict';
import test from 'node:test';
import { hasAwsCli } from './server.ts';
import { stepFunctionsOf } from './step-functions-cli.ts';
import { startWholeServer } from './whole-server.ts';

const ROLE = 'arn:aws:iam::000000000000:role/flow';

test('aws stepfunctions makes, runs, stops, redrives and reads state machines', async (t) => {
  if (!hasAwsCli()) return t.skip('there is no AWS CLI on this machine');
  const fleet = await startWholeServer();
  t.after(fleet.dispose);
  const sfn = stepFunctionsOf(fleet);
  const create = async (name: string, definition: object, ...more: string[]) => {
    const asked = ['--name', name, '--role-arn', ROLE, '--definition', JSON.stringify(definition), ...more];
    return (await sfn('create-state-machine', ...asked)).stateMachineArn as string;
  };
  const start = async (arn: string, input: object = {}, ...more: string[]) =>
    (await sfn('start-execution', '--state-machine-arn', arn, '--input', JSON.stringify(input), ...more))
      .executionArn as string;
  const ended = async (executionArn: string) => {
    for (;;) {
      const described = await sfn('describe-execution', '--execution-arn', executionArn);
      if (described.status !== 'RUNNING') return described;
    }
  };

  await t.test('a task calls this server itself, by the names of Step Functions', async () => {
    const arn = await create('parameter', {
      QueryLanguage: 'JSONata',
      StartAt: 'Put',
      States: {
        Put: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:ssm:putParameter',
          Arguments: { Name: '/images/web/gold', Value: '{% $states.input.image %}', Type: 'String', Overwrite: true },
          Next: 'Get',
        },
        Get: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:ssm:getParameter',
          Arguments: { Name: '/images/web/gold' },
          Output: '{% $states.result.Parameter.Value %}',
          Next: 'Miss',
        },
        Miss: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:ssm:getParameter',
          Arguments: { Name: '/images/web/none' },
          Catch: [{ ErrorEquals: ['Ssm.ParameterNotFoundException'], Output: '{% $states.input %}', Next: 'Done' }],
          Next: 'Done',
        },
        Done: { Type: 'Succeed' },
      },
    });
    const described = await ended(await start(arn, { image: 'ami-1' }));
    assert.deepEqual([described.status, described.output], ['SUCCEEDED', '"ami-1"'], JSON.stringify(described));
    const { events } = await sfn('get-execution-history', '--execution-arn', described.executionArn);
    assert.equal(events[0].type, 'ExecutionStarted');
    assert.equal(events.at(-1).type, 'ExecutionSucceeded');
    assert.ok(events.some(({ type }: { type: string }) => type === 'TaskFailed'));
    assert.equal((await fleet.ssm('get-parameter', '--name', '/images/web/gold')).Parameter.Value, 'ami-1');
  });

  await t.test('an approval waits for its token, in an activity and in a nested execution', async () => {
    const { activityArn } = await sfn('create-activity', '--name', 'approve');
    const inner = await create('inner', {
      StartAt: 'Approve',
      States: { Approve: { Type: 'Task', Resource: activityArn, TimeoutSeconds: 300, End: true } },
    });
    const outer = await create('outer', {
      StartAt: 'Ask',
      States: {
        Ask: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Parameters: { StateMachineArn: inner, Input: { 'image.$': '$.image' } },
          OutputPath: '$.Output',
          End: true,
        },
      },
    });
    const execution = await start(outer, { image: 'ami-2' });
    const task = await sfn('get-activity-task', '--activity-arn', activityArn, '--worker-name', 'anna');
    assert.deepEqual(JSON.parse(task.input), { image: 'ami-2' });
    await sfn('send-task-success', '--task-token', task.taskToken, '--task-output', '{"approved":true}');
    const described = await ended(execution);
    assert.deepEqual([described.status, described.output], ['SUCCEEDED', '{"approved":true}']);
    await assert.rejects(
      sfn('send-task-success', '--task-token', task.taskToken, '--task-output', '1'),
      /TaskTimedOut/,
    );
    const { executions } = await sfn('list-executions', '--state-machine-arn', inner, '--status-filter', 'SUCCEEDED');
    assert.equal(executions.length, 1);
  });

  await t.test('what waits is stopped, and what failed is redriven', async () => {
    const waits = await create('waits', { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 3600, End: true } } });
    const execution = await start(waits, {}, '--name', 'one');
    assert.equal(await start(waits, {}, '--name', 'one'), execution, 'the same name and input is the same execution');
    await assert.rejects(start(waits, { other: 1 }, '--name', 'one'), /ExecutionAlreadyExists/);
    await sfn('stop-execution', '--execution-arn', execution, '--error', 'Tired', '--cause', 'it is late');
    const stopped = await ended(execution);
    assert.deepEqual([stopped.status, stopped.error, stopped.cause], ['ABORTED', 'Tired', 'it is late']);
    const fails = await create('fails', {
      StartAt: 'Get',
      States: {
        Get: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:ssm:getParameter',
          Parameters: { Name: '/late' },
          ResultSelector: { 'value.$': '$.Parameter.Value' },
          End: true,
        },
      },
    });
    const failed = await ended(await start(fails));
    assert.deepEqual(
      [failed.status, failed.error, failed.redriveStatus],
      ['FAILED', 'Ssm.ParameterNotFoundException', 'REDRIVABLE'],
    );
    await fleet.ssm('put-parameter', '--name', '/late', '--value', 'here', '--type', 'String');
    await sfn('redrive-execution', '--execution-arn', failed.executionArn);
    assert.equal((await ended(failed.executionArn)).output, '{"value":"here"}');
    await sfn('delete-state-machine', '--state-machine-arn', waits);
    await assert.rejects(sfn('describe-state-machine', '--state-machine-arn', waits), /StateMachineDoesNotExist/);
  });

  await t.test('a definition that is none is refused by name, and told where', async () => {
    const wrong = JSON.stringify({ StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' } } });
    const told = await sfn('validate-state-machine-definition', '--definition', wrong);
    assert.equal(told.result, 'FAIL');
    assert.ok(told.diagnostics.length > 0);
    await assert.rejects(create('wrong', JSON.parse(wrong)), /InvalidDefinition/);
    await assert.rejects(
      start('arn:aws:states:eu-central-1:000000000000:stateMachine:none'),
      /StateMachineDoesNotExist/,
    );
    await assert.rejects(start('nonsense'), /InvalidArn/);
  });

  await t.test('a distributed Map has a run that is listed, described and changed, and children', async () => {
    const { activityArn } = await sfn('create-activity', '--name', 'each');
    const arn = await create('fleet', {
      StartAt: 'Each',
      States: {
        Each: {
          Type: 'Map',
          Label: 'Nodes',
          MaxConcurrency: 1,
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            StartAt: 'Do',
            States: { Do: { Type: 'Task', Resource: activityArn, TimeoutSeconds: 300, End: true } },
          },
          End: true,
        },
      },
    });
    const execution = (await sfn('start-execution', '--state-machine-arn', arn, '--input', '["a","b"]')).executionArn;
    const first = await sfn('get-activity-task', '--activity-arn', activityArn);
    const { mapRuns } = await sfn('list-map-runs', '--execution-arn', execution);
    const { mapRunArn } = mapRuns[0];
    await sfn('update-map-run', '--map-run-arn', mapRunArn, '--max-concurrency', '2', '--tolerated-failure-count', '1');
    const second = await sfn('get-activity-task', '--activity-arn', activityArn);
    const running = await sfn('describe-map-run', '--map-run-arn', mapRunArn);
    assert.deepEqual([running.status, running.maxConcurrency, running.itemCounts.running], ['RUNNING', 2, 2]);
    await sfn('send-task-success', '--task-token', first.taskToken, '--task-output', '1');
    await sfn('send-task-failure', '--task-token', second.taskToken, '--error', 'No');
    assert.equal((await ended(execution)).status, 'SUCCEEDED');
    const { executions } = await sfn('list-executions', '--map-run-arn', mapRunArn);
    assert.deepEqual(executions.map(({ status }: { status: string }) => status).sort(), ['FAILED', 'SUCCEEDED']);
    const child = await sfn('describe-execution', '--execution-arn', executions[0].executionArn);
    assert.equal(child.mapRunArn, mapRunArn);
    const { events } = await sfn('get-execution-history', '--execution-arn', child.executionArn);
    assert.ok(events.length > 3);
  });

  await t.test('an EXPRESS state machine answers start-sync-execution, and a task that asks for it', async () => {
    const express = await create(
      'echo',
      { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } },
      '--type',
      'EXPRESS',
    );
    const told = await sfn('start-sync-execution', '--state-machine-arn', express, '--input', '{"a":1}', '--name', 'x');
    assert.deepEqual([told.status, told.output, told.name], ['SUCCEEDED', '{"a":1}', 'x']);
    await assert.rejects(sfn('list-executions', '--state-machine-arn', express), /StateMachineTypeNotSupported/);
    const outer = await create('asks', {
      StartAt: 'Ask',
      States: {
        Ask: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:sfn:startSyncExecution',
          Parameters: { StateMachineArn: express, Input: '{"b":2}' },
          OutputPath: '$.Output',
          End: true,
        },
      },
    });
    const described = await ended(await start(outer));
    assert.deepEqual([described.status, described.output], ['SUCCEEDED', '"{\\"b\\":2}"'], described.cause);
  });

  await t.test('nothing went wrong beside', () => assert.deepEqual(fleet.faults, []));
});
