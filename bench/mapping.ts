import { setTimeout as sleep } from 'node:timers/promises';
import { describeExecution } from '../src/control/executions/describe.ts';
import { ExecutionEngine } from '../src/control/executions/engine.ts';
import { startExecution } from '../src/control/executions/start.ts';
import type { Bell } from '../src/store/bell.ts';
import type { Database } from '../src/store/database.ts';

const ARN = 'arn:aws:states:local:111111111111:stateMachine:map';
const processor = { StartAt: 'One', States: { One: { Type: 'Pass', End: true } } };
const DEFINITION = JSON.stringify({
  StartAt: 'Each',
  States: { Each: { Type: 'Map', ItemProcessor: processor, End: true } },
});

/** Seconds of one execution whose only state is a Map in line over so many items, from its start to its end. */
export async function secondsOfMap(db: Database, bell: Bell, items: number): Promise<number> {
  const now = () => new Date();
  const onError = (error: unknown) => {
    throw error;
  };
  const engine = new ExecutionEngine({ db, bell, findTaskRunner: () => null, now, onError });
  const place = { account: '111111111111', region: 'local' };
  const input = JSON.stringify(Array.from({ length: items }, (_, index) => index));
  const stateMachine = { arn: ARN, name: 'map', roleArn: 'role', definition: DEFINITION };
  const began = performance.now();
  const { executionArn } = await db.transaction((tx) =>
    startExecution({ ...place, db: tx, now: now() }, { stateMachine, input }),
  );
  for (;;) {
    const { status } = await describeExecution({ ...place, db, now: now() }, { executionArn });
    if (status === 'SUCCEEDED') break;
    if (status !== 'RUNNING') throw new Error(`the Map has ${status}`);
    await sleep(5);
  }
  const seconds = (performance.now() - began) / 1000;
  await engine.stop();
  return seconds;
}
