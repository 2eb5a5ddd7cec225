import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type JudgedMessage, judgeMessage } from './judge.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
const FRESH: JudgedMessage = {
  createdAt: at(0),
  deliverBy: at(3600),
  executionSeconds: 600,
  deliveries: 0,
  startedAt: null,
  toldAt: null,
  toldOutcome: null,
  outcome: null,
};
const details = (message: Partial<JudgedMessage>, seconds: number, cancelledAt: Date | null = null) => {
  const verdict = judgeMessage({ ...FRESH, ...message }, cancelledAt, at(seconds));
  return verdict.kind === 'ended' ? verdict.statusDetails : verdict.kind;
};

test('every wait has its own end', () => {
  assert.equal(details({}, 59), 'goes-on');
  assert.equal(details({}, 60), 'take-back');
  assert.equal(details({ deliveries: 1 }, 3599), 'goes-on');
  assert.equal(details({ deliveries: 1 }, 3600), 'DeliveryTimedOut');
  assert.equal(details({ startedAt: at(3599) }, 3599 + 659), 'goes-on');
  assert.equal(details({ startedAt: at(3599) }, 3599 + 660), 'ExecutionTimedOut');
  assert.equal(details({ startedAt: at(1), toldAt: at(10), toldOutcome: 'Success' }, 369), 'goes-on');
  assert.equal(details({ startedAt: at(1), toldAt: at(10), toldOutcome: 'Success' }, 370), 'Success');
  assert.equal(details({ startedAt: at(1) }, 301, at(2)), 'goes-on');
  assert.equal(details({ startedAt: at(1) }, 302, at(2)), 'Cancelled');
  assert.equal(details({ outcome: 'Failed' }, 1_000_000, at(2)), 'Failed');
});

test('what goes on is looked at again later, and comes to an end in the end', () => {
  const seconds = fc.nat(10_000).map(at);
  const maybe = fc.option(seconds);
  const message = fc.record({
    createdAt: seconds,
    deliverBy: seconds,
    startedAt: maybe,
    toldAt: maybe,
    deliveries: fc.nat(2),
    executionSeconds: fc.nat(5000),
  });
  fc.assert(
    fc.property(message, maybe, fc.nat(20_000), (given, cancelledAt, now) => {
      const judged = { ...FRESH, ...given, toldOutcome: given.toldAt === null ? null : ('Success' as const) };
      const verdict = judgeMessage(judged, cancelledAt, at(now));
      if (verdict.kind === 'goes-on') assert.ok(verdict.lookAgainAt > at(now));
      assert.notEqual(judgeMessage(judged, cancelledAt, at(1_000_000)).kind, 'goes-on');
    }),
  );
});
