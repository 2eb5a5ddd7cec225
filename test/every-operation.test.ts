import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { loadModel } from '../src/gateway/model/load.ts';
import { inputArbitrary } from './model-arbitrary.ts';
import { startTestServer, type TestServer } from './server.ts';

const RUNS = 12;
const model = loadModel('ssm', 'node');

describe('every operation', () => {
  let server: TestServer;
  const lines: string[] = [];
  before(async () => {
    const log = { level: 'error', stream: { write: (line: string) => void lines.push(line) } };
    server = await startTestServer({ log });
  });
  after(() => server.dispose());

  it('answers inputs of its shape with an answer of its shape or an error of AWS, never with a fault', async () => {
    const problems: string[] = [];
    let served = 0;
    for (const operation of Object.keys(model.operations)) {
      const first = await server.call('ssm', operation, '{');
      if (first.json.__type === 'UnknownOperationException') continue;
      served += 1;
      const check = async (input: unknown) => {
        const { status, text } = await server.call('ssm', operation, input as object);
        assert.ok(status === 200 || status === 400, `${status} ${text}`);
      };
      const property = fc.asyncProperty(inputArbitrary(model, operation), check);
      const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns: RUNS, endOnFailure: true });
      if (failed) {
        problems.push(`${operation} ${JSON.stringify(counterexample)}: ${String(errorInstance)} ${lines.at(-1) ?? ''}`);
      }
    }
    assert.ok(served > 50, `${served} operations are served`);
    assert.deepEqual(problems, []);
  });
});
