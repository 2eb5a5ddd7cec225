import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from './backoff.ts';
import { Outbox, type OutgoingCall } from './outbox.ts';
import { type JsonObject, ServiceError } from './wire.ts';

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kt-outbox-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function call(topic: string, n: number): OutgoingCall {
  return { operation: 'SendReply', topic, body: { topic, n } };
}

test('Whatever fails in between and however often it is opened, each topic arrives whole and in order', async (t) => {
  const topics = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(topics, topics, fc.infiniteStream(fc.integer({ min: 0, max: 3 })), async (before, after, dice) => {
      const folder = folderFor(t);
      const arrived: JsonObject[] = [];
      const deliver = async (_: string, body: JsonObject) => {
        const { value } = dice.next();
        if (value === 1 && arrived.length % 2 === 0) throw new ServiceError('InternalServerError', '', 500, null);
        arrived.push(body);
        // It came, but nobody heard so: it comes again.
        if (value === 2 && arrived.length % 3 === 0) throw new Error('hung up');
      };
      const options = { folder, deliver, random: () => -0.99, log: () => {} };
      const first = await Outbox.open(options);
      for (const [n, topic] of before.entries()) await first.put(call(topic, n));
      const second = await Outbox.open(options);
      const stop = new AbortController();
      const running = second.run(stop.signal);
      for (const [n, topic] of after.entries()) await second.put(call(topic, before.length + n));
      await second.settled(20_000);
      stop.abort();
      await running;
      const wanted = [...before, ...after].map((topic, n) => ({ topic, n }));
      for (const topic of ['a', 'b', 'c']) {
        const seen = arrived.filter((one) => one.topic === topic).map(({ n }) => Number(n));
        assert.deepEqual(
          [...new Set(seen)],
          wanted.filter((one) => one.topic === topic).map(({ n }) => n),
        );
        assert.deepEqual(
          seen,
          [...seen].sort((a, b) => a - b),
        );
      }
      assert.deepEqual(await readdir(folder), []);
    }),
    { numRuns: 10 },
  );
});

test('A call that the server will never take is given up, and says so', async (t) => {
  const log: string[] = [];
  const deliver = async () => {
    throw new ServiceError('ValidationException', 'no', 400, null);
  };
  const outbox = await Outbox.open({
    folder: folderFor(t),
    deliver,
    random: Math.random,
    log: (line) => log.push(line),
  });
  await outbox.put(call('a', 1));
  const stop = new AbortController();
  const running = outbox.run(stop.signal);
  await outbox.settled(10_000);
  stop.abort();
  await running;
  assert.deepEqual(log, ['gave up SendReply for a: ValidationException: no']);
});

test('The wait after failures grows to a minute at the most, and never is nothing', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (n, r) => {
        const wait = backoffMs(n, () => r);
        assert.ok(wait >= 250 && wait <= 60_000);
        assert.ok(backoffMs(n + 1, () => r) >= wait);
      },
    ),
  );
});
