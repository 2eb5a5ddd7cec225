import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { Bell } from '../../store/bell.ts';
import type { Call } from '../call.ts';
import { createStateMachine } from '../state-machines/create.ts';
import { describeExecution } from './describe.ts';
import { ExecutionEngine } from './engine.ts';
import { machineToStart } from './machine-to-start.ts';
import { nestedRunner } from './nested.ts';
import { startExecution } from './start.ts';
import { sendTaskHeartbeat } from './task-tokens.ts';

const ARN = 'arn:aws:states:eu-west-1:111111111111:stateMachine';
let store: TestDatabase;
let bell: Bell;
let engine: ExecutionEngine;
/** How often an execution was described. */
let looks = 0;

before(async () => {
  store = await testDatabase();
  bell = await Bell.open(store.pool);
  // Only a nested task asks for more than once through this one.
  const counted = new Proxy(store.db, {
    get: (target, name) => {
      if (name === 'select') looks += 1;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  engine = new ExecutionEngine({
    db: store.db,
    bell,
    findTaskRunner: (resource) =>
      nestedRunner({ db: counted, bell, random: Math.random }, resource) ?? { run: async (input) => input },
    now: () => new Date(),
    onError: (error) => assert.fail(String(error)),
    beatMs: 50,
  });
  await create('inner', { W: { Type: 'Wait', SecondsPath: '$.seconds', End: true } });
});
after(async () => {
  await engine.stop();
  bell.close();
  await store.dispose();
});

const call = () => ({ db: store.db, account: '111111111111', region: 'eu-west-1', now: new Date() }) as unknown as Call;

async function create(name: string, States: object): Promise<void> {
  const definition = JSON.stringify({ StartAt: Object.keys(States)[0], States });
  await createStateMachine(call(), { name, definition, roleArn: 'arn:aws:iam::111111111111:role/flow' });
}

async function start(name: string, input: object): Promise<string> {
  const stateMachine = await machineToStart(call(), `${ARN}:${name}`, Math.random);
  const started = await store.db.transaction((db) =>
    startExecution({ ...call(), db }, { stateMachine, input: JSON.stringify(input) }),
  );
  return started.executionArn;
}

async function end(executionArn: string) {
  for (;;) {
    const described = await describeExecution(call(), { executionArn });
    if (described.status !== 'RUNNING') return described;
    await sleep(20);
  }
}

const nested = (more: object = {}) => ({
  N: {
    Type: 'Task',
    Resource: 'arn:aws:states:::states:startExecution.sync:2',
    Parameters: { StateMachineArn: `${ARN}:inner`, Input: { 'seconds.$': '$.seconds', 'token.$': '$$.Task.Token' } },
    End: true,
    ...more,
  },
});

test('a nested execution is waited for by the bell, not by looking again and again', async () => {
  await create('outer', nested());
  looks = 0;
  const told = await end(await start('outer', { seconds: 2 }));
  assert.equal(told.status, 'SUCCEEDED', JSON.stringify(told));
  assert.equal(JSON.parse(String(told.output)).Status, 'SUCCEEDED');
  assert.ok(looks <= 3, `${looks} looks in two seconds`);
});

test('a nested execution that is over before anybody listens is found over', async () => {
  const told = await end(await start('outer', { seconds: 0 }));
  assert.equal(told.status, 'SUCCEEDED', JSON.stringify(told));
});

test("a nested task's heart is beaten with its token, by the inner execution or anyone, and by nobody else", async () => {
  await create('beaten', nested({ HeartbeatSeconds: 1 }));
  const silent = await end(await start('beaten', { seconds: 4 }));
  assert.deepEqual([silent.status, silent.error], ['FAILED', 'States.HeartbeatTimeout']);
  const beaten = await start('beaten', { seconds: 2 });
  let isOver = false;
  const beating = (async () => {
    while (!isOver) {
      const { rows } = await store.pool.query('SELECT token FROM execution_task WHERE execution = $1', [beaten]);
      const taskToken = rows[0]?.token as string | undefined;
      if (taskToken !== undefined) {
        await store.db
          .transaction((db) => sendTaskHeartbeat({ ...call(), db }, { taskToken }))
          .catch((error: { code?: string }) => assert.equal(error.code, 'TaskTimedOut'));
      }
      await sleep(200);
    }
  })();
  const told = await end(beaten);
  isOver = true;
  await beating;
  assert.equal(told.status, 'SUCCEEDED', JSON.stringify(told));
});

test('parents that wait keep no server from the tasks of their children', async () => {
  await create('works', { T: { Type: 'Task', Resource: 'arn:aws:states:::kintsugi:echo', End: true } });
  const each = {
    Type: 'Task',
    Resource: 'arn:aws:states:::states:startExecution.sync:2',
    Parameters: { StateMachineArn: `${ARN}:works`, Input: {} },
    End: true,
  };
  const processor = { StartAt: 'Each', States: { Each: each } };
  await create('many', { M: { Type: 'Map', ItemProcessor: processor, ResultSelector: { done: true }, End: true } });
  const items = Array.from({ length: 36 }, (_, index) => index);
  // Together more than a server does at the same time.
  const started = await Promise.all([1, 2, 3].map(() => start('many', items)));
  for (const one of started) assert.equal((await end(one)).status, 'SUCCEEDED');
});
