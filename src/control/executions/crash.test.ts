import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { definitions, INPUT } from '../../../test/definition-arbitrary.ts';
import { play } from '../../../test/memory-execution.ts';
import { validateDefinition } from '../../core/states-language/definition/validate.ts';
import { executionTask } from '../../store/schema/executions.ts';
import { advanceExecution } from './advance.ts';
import { getExecutionHistory } from './describe.ts';
import { startExecution } from './start.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const START = new Date('2030-01-01T00:00:00Z');
const ACCOUNT = '111111111111';
const ARN = `arn:aws:states:eu-west-1:${ACCOUNT}`;
const MACHINE = { arn: `${ARN}:stateMachine:m`, name: 'm', roleArn: 'role' };
class Crash extends Error {}

/** The same execution in the store, where a transaction is lost whenever `crashes` says so. */
async function durable(definition: string, name: string, batch: number, crashes: () => boolean) {
  const { db } = store;
  let now = START;
  const call = () => ({ db, account: ACCOUNT, region: 'eu-west-1', now });
  const { executionArn } = await startExecution(call(), {
    stateMachine: { ...MACHINE, definition },
    name,
    input: INPUT,
  });
  const attempt = async (happening: Parameters<typeof advanceExecution>[2]) => {
    for (;;) {
      try {
        return await db.transaction(async (tx) => {
          const done = await advanceExecution(tx, executionArn, happening, now, { batch, random: () => 0.5 });
          if (crashes()) throw new Crash();
          return done;
        });
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
  };
  let answers = 0;
  for (;;) {
    const { state } = await attempt(null);
    if (state === 'ended') break;
    if (state === 'more') continue;
    const [task] = await db.select().from(executionTask);
    if (task !== undefined) {
      const about = { scope: task.scope, task: task.id };
      await attempt(
        answer(answers)
          ? { type: 'taskSucceeded', ...about, output: '{"done":true}' }
          : { type: 'taskFailed', ...about, error: 'No', cause: null },
      );
      answers += 1;
      continue;
    }
    const { rows } = await store.pool.query('SELECT due_at FROM execution WHERE arn = $1', [executionArn]);
    assert.ok(rows[0].due_at !== null, 'an execution that runs has something to wait for');
    now = new Date(Math.max(now.getTime(), rows[0].due_at.getTime()));
  }
  const { events } = await getExecutionHistory(call(), { executionArn, maxResults: 1000 });
  return events;
}

const answer = (index: number): boolean => index % 3 !== 1;

async function undisturbed(definition: string, name: string) {
  const { events } = await play({
    definition,
    start: START,
    random: () => 0.5,
    facts: {
      arn: `${ARN}:execution:m:${name}`,
      name,
      stateMachineArn: MACHINE.arn,
      stateMachineName: 'm',
      roleArn: 'role',
      region: 'eu-west-1',
      input: INPUT,
      startTime: START.toISOString(),
    },
    answer: (_, attempt) => (answer(attempt) ? { output: '{"done":true}' } : { error: 'No' }),
  });
  return events.map(({ id, previousEventId, type, timestamp, details }) => ({
    timestamp,
    type,
    id,
    previousEventId,
    ...(details === null ? {} : { [details[0]]: details[1] }),
  }));
}

/** Names that are drawn anew are no part of what must be the same. */
const fixed = (events: readonly object[]) => JSON.parse(JSON.stringify(events).replace(/:mapRun:[^"]*/g, ':mapRun:'));

test('an execution whose transactions are lost anywhere has the history of one that was never disturbed', async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      definitions,
      fc.constantFrom(1, 3, 64),
      fc.infiniteStream(fc.boolean()),
      async (definition, batch, crashes) => {
        assert.deepEqual(validateDefinition(definition).diagnostics, []);
        count += 1;
        const stream = crashes[Symbol.iterator]();
        const events = await durable(definition, `n${count}`, batch, () => stream.next().value === true);
        assert.deepEqual(fixed(events), fixed(await undisturbed(definition, `n${count}`)));
      },
    ),
    { numRuns: 60 },
  );
});
