import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '../../../test/database.ts';
import { startEngine } from '../../../test/start-engine.ts';
import type { Bell } from '../../store/bell.ts';
import { describeExecution, getExecutionHistory } from './describe.ts';
import { ExecutionEngine } from './engine.ts';
import { startExecution } from './start.ts';
import { redriveExecution } from './stop.ts';
import { sendTaskSuccess } from './task-tokens.ts';

const ARN = 'arn:aws:states:eu-west-1:111111111111';
/** The server's clock: back-off passes as fast as the engine beats. */
let ahead = 0;
let store: TestDatabase;
let bell: Bell;
let engine: ExecutionEngine;
let dispose: () => Promise<void>;
const faults: string[] = [];
const now = () => new Date(Date.now() + ahead);

before(async () => {
  ({ store, bell, engine, dispose } = await startEngine({
    findTaskRunner: () => ({ run: async (input) => input }),
    now,
    onError: (error) => faults.push(String(error)),
    beatMs: 20,
  }));
});
after(() => dispose());

const call = () => ({ db: store.db, account: '111111111111', region: 'eu-west-1', now: now() });

async function start(state: object, more: object = {}): Promise<string> {
  const definition = JSON.stringify({ StartAt: 'S', States: { S: state, ...more } });
  const stateMachine = { arn: `${ARN}:stateMachine:m`, name: 'm', roleArn: 'role', definition };
  const started = await store.db.transaction((db) => startExecution({ ...call(), db }, { stateMachine }));
  return started.executionArn;
}

async function end(executionArn: string, each: () => void = () => {}) {
  for (;;) {
    const described = await describeExecution(call(), { executionArn });
    if (described.status !== 'RUNNING') return described;
    each();
    await sleep(20);
  }
}
const history = async (executionArn: string) =>
  (await getExecutionHistory(call(), { executionArn, maxResults: 1000 })).events;

/** What no definition comes to: a scope in a machine that is not there. */
async function poison(arn: string, scope: string): Promise<void> {
  for (let isWaiting = false; !isWaiting; await sleep(10)) {
    const { rows } = await store.pool.query('SELECT phase FROM execution_scope WHERE execution = $1 AND id = $2', [
      arn,
      scope,
    ]);
    isWaiting = rows[0]?.phase === 'waiting';
  }
  await store.pool.query(
    `UPDATE execution_scope SET phase = 'ready', turn = 0,
       body = jsonb_set(jsonb_set(body::jsonb, '{phase}', '"ready"'), '{machine}', '99')::text
     WHERE execution = $1 AND id = $2`,
    [arn, scope],
  );
  await store.pool.query('UPDATE execution SET due_at = started_at WHERE arn = $1', [arn]);
}

test('a text that PostgreSQL cannot hold is kept whole in the history', async () => {
  for (const character of ['\\u0000', '\\ud800']) {
    const Cause = `{% $pad("", 70000, "x") & "${character}" %}`;
    const arn = await start({ Type: 'Fail', QueryLanguage: 'JSONata', Error: 'E', Cause });
    const told = await end(arn);
    assert.deepEqual([told.status, told.error, String(told.cause).length], ['FAILED', 'E', 70_001]);
    assert.ok(String(told.cause).endsWith('\uFFFD'));
    const last = (await history(arn)).at(-1)?.executionFailedEventDetails as { cause: string };
    assert.equal(last.cause.at(-1), JSON.parse(`"${character}"`));
  }
  assert.deepEqual(faults, []);
});

test('the activity that is not there fails its state', async () => {
  const arn = await start({ Type: 'Task', Resource: `${ARN}:activity:nobody`, End: true });
  const told = await end(arn);
  assert.deepEqual([told.status, told.error], ['FAILED', 'ActivityDoesNotExist']);
  assert.ok((await history(arn)).some(({ type }) => type === 'ActivityScheduleFailed'));
  const caught = { Catch: [{ ErrorEquals: ['ActivityDoesNotExist'], Next: 'C' }] };
  const other = { Type: 'Task', Resource: `${ARN}:activity:nobody`, End: true, ...caught };
  assert.equal((await end(await start(other, { C: { Type: 'Succeed' } }))).status, 'SUCCEEDED');
});

/** When an execution that has had so many faults is tried again. */
async function retryAfter(arn: string, faults: number): Promise<number> {
  for (;;) {
    const { rows } = await store.pool.query('SELECT faults, retry_at FROM execution WHERE arn = $1', [arn]);
    if (rows[0].faults === faults) return rows[0].retry_at.getTime();
    assert.ok(rows[0].faults < faults);
    await sleep(20);
  }
}

test('an execution that cannot go on is left alone longer each time and has an end, and others go on', async () => {
  const arn = await start({ Type: 'Wait', Seconds: 600, Next: 'B' }, { B: { Type: 'Succeed' } });
  await poison(arn, '0');
  const watched = retryAfter(arn, 1).then(async (first) => [first, await retryAfter(arn, 2)] as const);
  const good = await start({ Type: 'Wait', Seconds: 1, Next: 'B' }, { B: { Type: 'Succeed' } });
  assert.equal((await end(good)).status, 'SUCCEEDED');
  const tries = () => faults.filter((one) => one.includes(arn)).length;
  const [first, second] = await watched;
  assert.ok(second - first >= 2000, `${first} ${second}`);
  const told = await end(arn, () => {
    ahead += 5000;
  });
  assert.deepEqual([told.status, told.error, tries()], ['FAILED', 'States.Runtime', 8]);
  assert.match(String(told.cause), /fault of the server/);
  assert.equal((await history(arn)).at(-1)?.type, 'ExecutionFailed');
  const open = await store.pool.query("SELECT FROM execution_scope WHERE execution = $1 AND phase = 'ready'", [arn]);
  assert.equal(open.rows.length, 0);
});

test('an answer that was taken is not lost by what comes after it', async () => {
  const wait = { Type: 'Task', Resource: 'kintsugi:ask.waitForTaskToken', End: true };
  const states = { A: { StartAt: 'A', States: { A: wait } }, B: { Type: 'Wait', Seconds: 600, End: true } };
  const branches = [states.A, { StartAt: 'B', States: { B: states.B } }];
  const arn = await start({ Type: 'Parallel', Branches: branches, End: true });
  let token = '';
  while (token === '') {
    const { rows } = await store.pool.query('SELECT token FROM execution_task WHERE execution = $1', [arn]);
    token = rows[0]?.token ?? '';
    await sleep(10);
  }
  // The other branch cannot go on, and is before this one.
  await poison(arn, '0/1.1');
  await store.db.transaction((db) => sendTaskSuccess({ ...call(), db }, { taskToken: token, output: '"kept"' }));
  assert.ok((await history(arn)).some(({ type }) => type === 'TaskSucceeded'));
  const told = await end(arn, () => {
    ahead += 5000;
  });
  assert.deepEqual([told.status, told.error], ['FAILED', 'States.Runtime']);
});

test('a history that is full is not redriven', async () => {
  const arn = await start({ Type: 'Fail' });
  await end(arn);
  await store.pool.query('UPDATE execution SET last_event = 25000 WHERE arn = $1', [arn]);
  const described = await describeExecution(call(), { executionArn: arn });
  assert.equal(described.redriveStatusReason, 'Execution history event limit exceeded');
  await assert.rejects(
    store.db.transaction((db) => redriveExecution({ ...call(), db }, { executionArn: arn })),
    { code: 'ExecutionNotRedrivable' },
  );
});

test('a Map of many items goes on without waiting for a beat', async (t) => {
  const items = Array.from({ length: 1000 }, (_, index) => index);
  const processor = { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } };
  const first = { Type: 'Pass', Result: items, Next: 'M' };
  await engine.stop();
  const rung = new ExecutionEngine({
    db: store.db,
    bell,
    findTaskRunner: () => null,
    now,
    onError: (error) => faults.push(String(error)),
    // Only the bell: at its beat it would go on whatever was missed.
    beatMs: 600_000,
  });
  t.after(() => rung.stop());
  const told = await end(await start(first, { M: { Type: 'Map', ItemProcessor: processor, End: true } }));
  assert.deepEqual(JSON.parse(String(told.output)), items);
  const branches = Array.from({ length: 150 }, (_, index) => ({
    StartAt: `B${index}`,
    States: { [`B${index}`]: { Type: 'Pass', Result: index, End: true } },
  }));
  const wide = await end(await start({ Type: 'Parallel', Branches: branches, End: true }));
  assert.equal(JSON.parse(String(wide.output)).length, 150);
});
