import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { loadModel } from '../src/gateway/model/load.ts';
import type { KnownValues } from './boundary-inputs.ts';
import { sweep } from './boundary-sweep.ts';
import { startTestServer, type TestServer } from './server.ts';

const model = loadModel('states');
const ROLE = 'arn:aws:iam::000000000000:role/swept';
const DEFINITION = JSON.stringify({ StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 600, End: true } } });

/** Where AWS itself leaves its model. */
const AGREED: readonly RegExp[] = [];

/** Things that are there, under the names of the members and shapes that name them. */
async function furnish(server: TestServer): Promise<KnownValues> {
  const call = async (operation: string, input: object) => (await server.call('states', operation, input)).json;
  const machine = { name: 'swept', roleArn: ROLE, definition: DEFINITION, publish: true };
  const { stateMachineArn, stateMachineVersionArn } = await call('CreateStateMachine', machine);
  const { executionArn } = await call('StartExecution', { stateMachineArn, name: 'swept' });
  const routes = [{ stateMachineVersionArn, weight: 100 }];
  const { stateMachineAliasArn } = await call('CreateStateMachineAlias', {
    name: 'swept',
    routingConfiguration: routes,
  });
  return {
    '.stateMachineArn': stateMachineArn,
    '.stateMachineVersionArn': stateMachineVersionArn,
    '.stateMachineAliasArn': stateMachineAliasArn,
    // One that is there would let every GetActivityTask wait for a minute.
    '.activityArn': 'arn:aws:states:eu-west-1:000000000000:activity:none',
    '.executionArn': executionArn,
    '.resourceArn': stateMachineArn,
    '.roleArn': ROLE,
    '.output': '{}',
    '.weight': 100,
    Definition: DEFINITION,
  };
}

describe('every operation of Step Functions at the boundaries of its model', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.dispose());

  it('keeps what the model allows, refuses the rest in its words, and fails with errors that clients know', async () => {
    const known = await furnish(server);
    const sweepOf = { service: 'states', client: 'stepfunctions', model, known, agreed: AGREED };
    const swept = await sweep(server, sweepOf);
    assert.ok(swept.served >= 32, `${swept.served} operations are served`);
    assert.ok(swept.calls > 500, `${swept.calls} calls`);
    assert.deepEqual(swept.problems, {});
  });
});
