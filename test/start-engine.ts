import assert from 'node:assert/strict';
import { ExecutionEngine, type ExecutionEngineOptions } from '../src/control/executions/engine.ts';
import { Bell } from '../src/store/bell.ts';
import { type TestDatabase, testDatabase } from './database.ts';

export interface StartedEngine {
  readonly store: TestDatabase;
  readonly bell: Bell;
  readonly engine: ExecutionEngine;
  dispose(): Promise<void>;
}

type Given = Pick<ExecutionEngineOptions, 'findTaskRunner'> & Partial<Omit<ExecutionEngineOptions, 'db' | 'bell'>>;

/** An engine that beats fast over a store of its own; without an `onError` nothing may go wrong beside. */
export async function startEngine(given: Given): Promise<StartedEngine> {
  const store = await testDatabase();
  const bell = await Bell.open(store.pool);
  const onError = (error: unknown) => assert.fail(String(error));
  const engine = new ExecutionEngine({ now: () => new Date(), onError, beatMs: 50, ...given, db: store.db, bell });
  return {
    store,
    bell,
    engine,
    dispose: async () => {
      await engine.stop();
      bell.close();
      await store.dispose();
    },
  };
}
