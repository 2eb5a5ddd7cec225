import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { definitions, INPUT, SILENT } from '../../../test/definition-arbitrary.ts';
import { checkHistory, type ShownEvent } from '../../../test/history-laws.ts';
import { play } from '../../../test/memory-execution.ts';
import { validateDefinition } from '../../core/states-language/definition/validate.ts';
import type { HistoryEvent } from '../../core/states-language/machine/history.ts';
import type { Database } from '../../store/database.ts';
import { executionTask } from '../../store/schema/executions.ts';
import { advanceExecution } from './advance.ts';
import { getExecutionHistory } from './describe.ts';
import { leadMapRun } from './map-runs/lead.ts';
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
const OPEN = ['ready', 'waiting', 'task', 'children', 'mapRun'];
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
  const surely = async <T>(what: (tx: Database) => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await db.transaction(async (tx) => {
          const done = await what(tx);
          if (crashes()) throw new Crash();
          return done;
        });
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
  };
  const options = { batch, random: () => 0.5 };
  const attempt = (arn: string, happening: Parameters<typeof advanceExecution>[2]) =>
    surely((tx) => advanceExecution(tx, arn, happening, now, options));
  const column = async (query: string, values: unknown[] = []) =>
    (await store.pool.query({ text: query, values, rowMode: 'array' })).rows.map(([value]) => value);
  const due = () => column("SELECT arn FROM execution WHERE status = 'RUNNING' AND due_at <= $1", [now]);
  let isRedriven = false;
  for (;;) {
    const [arn] = await due();
    if (arn !== undefined) {
      await attempt(arn, null);
      continue;
    }
    const steps: string[] = [];
    for (const run of await column("SELECT arn FROM map_run WHERE step <> 'ended'"))
      steps.push(await surely((tx) => leadMapRun(tx, run, now, options)));
    if (steps.some((step) => step !== 'rest') || (await due()).length > 0) continue;
    const tasks = await db.select().from(executionTask);
    const [task] = tasks.filter(({ resource }) => resource !== SILENT).sort((a, b) => eventOf(a.id) - eventOf(b.id));
    if (task !== undefined) {
      const about = { scope: task.scope, task: task.id };
      await attempt(
        task.execution,
        answer(task.id)
          ? { type: 'taskSucceeded', ...about, output: '{"done":true}' }
          : { type: 'taskFailed', ...about, error: 'No', cause: null },
      );
      continue;
    }
    const [next] = await column("SELECT min(due_at) FROM execution WHERE status = 'RUNNING'");
    if (next === null) {
      const [status] = await column('SELECT status FROM execution WHERE arn = $1', [executionArn]);
      assert.notEqual(status, 'RUNNING', 'one that runs has something due, or a task');
      if (isRedriven || status !== 'FAILED' || !isRedrivable(definition)) break;
      isRedriven = true;
      await attempt(executionArn, { type: 'redrive' });
      continue;
    }
    now = new Date(Math.max(now.getTime(), next.getTime()));
  }
  const history = async (of: string) =>
    (await getExecutionHistory(call(), { executionArn: of, maxResults: 1000 })).events;
  const children: object[][] = [];
  for (const child of await column(
    'WITH RECURSIVE run AS (SELECT arn FROM map_run WHERE execution = $1 UNION ALL SELECT m.arn FROM run JOIN execution e ON e.map_run = run.arn JOIN map_run m ON m.execution = e.arn) SELECT e.arn FROM run JOIN execution e ON e.map_run = run.arn',
    [executionArn],
  ))
    children.push(await history(child));
  assert.deepEqual(await column("SELECT arn FROM map_run WHERE status = 'RUNNING' OR step <> 'ended'"), []);
  const open = await column(
    'SELECT id FROM execution_scope WHERE phase = ANY($1::text[]) UNION ALL SELECT id FROM execution_task',
    [OPEN],
  );
  assert.deepEqual(open, [], 'nothing is left open');
  return { events: await history(executionArn), children };
}

const eventOf = (task: string): number => Number(task.split(':').at(-1));
/** By the event that scheduled it: the same however often it is asked. */
const answer = (task: string): boolean => eventOf(task) % 3 !== 1;
/** A play in memory knows no redrive of a map run. */
const isRedrivable = (definition: string): boolean => !definition.includes('DISTRIBUTED');

async function undisturbed(definition: string, name: string) {
  let isRedriven = false;
  const { events, children, scopes } = await play({
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
    answer: ({ task, resource }) => {
      if (resource === SILENT) return null;
      return answer(task.id) ? { output: '{"done":true}' } : { error: 'No' };
    },
    interrupt: ({ status }) => {
      if (isRedriven || status !== 'FAILED' || !isRedrivable(definition)) return null;
      isRedriven = true;
      return { type: 'redrive' };
    },
  });
  assert.deepEqual(
    scopes.filter(({ phase }) => OPEN.includes(phase)),
    [],
  );
  return { events: events.map(shown), children: children.map((one) => one.map(shown)) };
}

function shown({ id, previousEventId, type, timestamp, details }: HistoryEvent): object {
  return { timestamp, type, id, previousEventId, ...(details === null ? {} : { [details[0]]: details[1] }) };
}

/** Names that are drawn anew are no part of what must be the same; children of different runs come in any order. */
const fixed = ({ events, children }: { readonly events: readonly object[]; readonly children: readonly object[] }) => {
  const bare = (value: object) => JSON.stringify(value).replace(/:mapRun:[^"]*/g, ':mapRun:');
  return { events: JSON.parse(bare(events)), children: children.map(bare).sort() };
};

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
        const found = await durable(definition, `n${count}`, batch, () => stream.next().value === true);
        checkHistory(found.events as unknown as ShownEvent[]);
        assert.deepEqual(fixed(found), fixed(await undisturbed(definition, `n${count}`)));
      },
    ),
    { numRuns: 25 },
  );
});
