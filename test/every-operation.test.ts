import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { loadModel } from '../src/gateway/model/load.ts';
import { inputArbitrary } from './model-arbitrary.ts';
import { startTestServer, type TestServer } from './server.ts';

const RUNS = 12;
/** How many operations of a service are served at the least. */
const SERVICES = {
  ssm: { model: loadModel('ssm', 'node'), least: 51 },
  states: { model: loadModel('states'), least: 32 },
};

describe('every operation', () => {
  let server: TestServer;
  const lines: string[] = [];
  before(async () => {
    const log = { level: 'error', stream: { write: (line: string) => void lines.push(line) } };
    server = await startTestServer({ log });
  });
  after(() => server.dispose());

  for (const [service, { model, least }] of Object.entries(SERVICES)) {
    it(`answers inputs of its shape with an answer of its shape or an error of AWS, never with a fault: ${service}`, async () => {
      const problems: string[] = [];
      let served = 0;
      for (const operation of Object.keys(model.operations)) {
        const first = await server.call(service, operation, '{');
        if (first.json.__type === 'UnknownOperationException') continue;
        served += 1;
        const check = async (input: unknown) => {
          const { status, text } = await server.call(service, operation, input as object);
          assert.ok(status === 200 || status === 400, `${status} ${text}`);
        };
        const property = fc.asyncProperty(inputArbitrary(model, operation), check);
        const { failed, counterexample, errorInstance } = await fc.check(property, {
          numRuns: RUNS,
          endOnFailure: true,
        });
        if (failed) {
          problems.push(
            `${operation} ${JSON.stringify(counterexample)}: ${String(errorInstance)} ${lines.at(-1) ?? ''}`,
          );
        }
      }
      assert.ok(served >= least, `${served} operations are served`);
      assert.deepEqual(problems, []);
    });
  }
});
