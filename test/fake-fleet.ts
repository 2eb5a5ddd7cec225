import { sql } from 'drizzle-orm';
import type pg from 'pg';
import type { Call } from '../src/control/call.ts';
import { managedNodeOperations } from '../src/control/managed-nodes/operations.ts';
import { messageOperations } from '../src/control/messages/operations.ts';
import type { PrepareDocument } from '../src/control/run-command/document-source.ts';
import { advanceCommands } from '../src/control/run-command/engine.ts';
import { runCommandOperations } from '../src/control/run-command/operations.ts';
import { Bell } from '../src/store/bell.ts';
import type { Database } from '../src/store/database.ts';
import { testDatabase } from './database.ts';
import { directWire, type FakeAgent, fakeAgent } from './fake-agent.ts';
import { fakeCall, invoke } from './fake-call.ts';

/** A store with nodes that do what a test says, and a clock that goes when it says so. */
export interface FakeFleet {
  readonly db: Database;
  readonly pool: pg.Pool;
  readonly socketFolder: string;
  readonly bell: Bell;
  readonly now: () => Date;
  pass(seconds: number): void;
  /** Every lead has run out, as if its server had gone silent: leads go by PostgreSQL's clock, which cannot be set. */
  leadsRunOut(): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read member by member
  ask(operation: string, input: object, given?: Partial<Call>): Promise<any>;
  /** New nodes that are online, and a target that means them all. */
  nodes(size: number): Promise<{ agents: FakeAgent[]; ids: string[]; Targets: object[] }>;
  /** Sends a command and lets the engine look at it once. Answers its id. */
  send(input: object): Promise<string>;
  beat(): Promise<number>;
  // biome-ignore lint/suspicious/noExplicitAny: read member by member
  command(commandId: string): Promise<any>;
  /** StatusDetails of all invocations, in the order of the nodes. */
  details(commandId: string): Promise<string[]>;
  dispose(): Promise<void>;
}

/**
 * In place of the documents: one of the steps that its name tells (`a.b`), led by the server where the name begins with
 * `Led-`.
 */
const prepareDocument: PrepareDocument = async (_call, request, commandId) => {
  const name = request.DocumentName ?? '';
  const steps = name.split('.').map((step) => ({ action: 'aws:runShellScript', name: step, inputs: {} }));
  const content = { schemaVersion: '2.2', mainSteps: steps };
  const parameters = request.Parameters ?? {};
  const isLed = name.startsWith('Led-');
  return {
    name,
    version: '1',
    content,
    parameters,
    executionSeconds: 600,
    orchestration: isLed ? name : null,
    payload: isLed
      ? null
      : JSON.stringify({ CommandId: commandId, DocumentContent: content, Parameters: parameters, DocumentName: name }),
  };
};

export async function fakeFleet(): Promise<FakeFleet> {
  const store = await testDatabase();
  const bell = await Bell.open(store.pool);
  let now = new Date('2026-03-01T00:00:00Z');
  let groups = 0;
  const operations = {
    ...managedNodeOperations({ issueNodeCredentials: () => Promise.reject(new Error('not asked')), nodeLeaves: [] }),
    ...messageOperations({ bell, pollMs: 0 }),
    ...runCommandOperations({ prepareDocument }),
  };
  const fleet: FakeFleet = {
    db: store.db,
    pool: store.pool,
    socketFolder: store.socketFolder,
    bell,
    now: () => now,
    pass: (seconds) => {
      now = new Date(now.getTime() + seconds * 1000);
    },
    leadsRunOut: async () => {
      await store.db.execute(sql`UPDATE invocation SET leader_until = clock_timestamp() - interval '1 second'
        WHERE leader_until IS NOT NULL`);
    },
    ask: (operation, input, given = {}) => invoke(operations, operation, fakeCall(store.db, { now, ...given }), input),
    nodes: async (size) => {
      groups += 1;
      const Tags = [{ Key: 'group', Value: String(groups) }];
      const activation = await fleet.ask('CreateActivation', { IamRole: 'r', RegistrationLimit: size, Tags });
      const wire = directWire(operations, store.db, () => now);
      const agents: FakeAgent[] = [];
      for (let index = 0; index < size; index += 1) {
        const agent = await fakeAgent(wire, activation);
        await agent.heartbeat();
        agents.push(agent);
        fleet.pass(1);
      }
      const Targets = [{ Key: 'tag:group', Values: [String(groups)] }];
      return { agents, Targets, ids: agents.map(({ instanceId }) => instanceId) };
    },
    send: async (input) => {
      const { Command } = await fleet.ask('SendCommand', { DocumentName: 'only', ...input });
      await fleet.beat();
      return Command.CommandId;
    },
    beat: () => advanceCommands(store.db, now),
    command: async (CommandId) => (await fleet.ask('ListCommands', { CommandId })).Commands[0],
    details: async (CommandId) => {
      const { CommandInvocations } = await fleet.ask('ListCommandInvocations', { CommandId });
      return CommandInvocations.map((one: { StatusDetails: string }) => one.StatusDetails);
    },
    dispose: async () => {
      bell.close();
      await store.dispose();
    },
  };
  return fleet;
}
