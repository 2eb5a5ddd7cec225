import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { commandState, type Tally } from './command-state.ts';

const NOTHING = { isExhausted: false, isCancelled: false };
const state = (tally: Tally, run: Partial<typeof NOTHING> = {}) => {
  const { status, statusDetails } = commandState(tally, { ...NOTHING, ...run });
  return `${status} ${statusDetails}`;
};

test('a command is what its invocations make it', () => {
  assert.equal(state({ Pending: 3 }), 'Pending Pending');
  assert.equal(state({ Delayed: 3 }), 'Pending Delayed');
  assert.equal(state({ Pending: 2, Success: 1 }), 'InProgress InProgress');
  assert.equal(state({ InProgress: 1 }), 'InProgress InProgress');
  assert.equal(state({ Cancelling: 1, Cancelled: 1 }, { isCancelled: true }), 'Cancelling Cancelling');
  assert.equal(state({ Success: 3 }), 'Success Success');
  assert.equal(state({ Success: 3 }, { isCancelled: true }), 'Success Success');
  assert.equal(state({ Success: 2, Cancelled: 1 }, { isCancelled: true }), 'Cancelled Cancelled');
  assert.equal(state({ Failed: 1, Terminated: 2 }, { isExhausted: true }), 'Failed Failed');
  assert.equal(state({ ExecutionTimedOut: 1, Success: 2 }, { isExhausted: true }), 'TimedOut ExecutionTimedOut');
  assert.equal(state({ Failed: 1, Success: 2 }), 'Failed Incomplete');
  assert.equal(state({ DeliveryTimedOut: 2 }), 'TimedOut DeliveryTimedOut');
  assert.equal(state({ DeliveryTimedOut: 2, Success: 1 }), 'Failed Incomplete');
  assert.equal(state({ Undeliverable: 1, Success: 1 }), 'Failed Incomplete');
  assert.equal(state({}), 'Failed NoInstancesInTag');
});

test('only what succeeded everywhere is a success, and only what is over everywhere is over', () => {
  const DETAILS = ['Pending', 'Delayed', 'InProgress', 'Success', 'Failed', 'ExecutionTimedOut', 'DeliveryTimedOut'];
  const tally = fc.dictionary(fc.constantFrom(...DETAILS, 'Undeliverable', 'Terminated', 'Cancelled'), fc.nat(9));
  fc.assert(
    fc.property(tally, fc.boolean(), fc.boolean(), (counts, isExhausted, isCancelled) => {
      const all = commandState(counts, { isExhausted, isCancelled });
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      assert.equal(all.status === 'Success', total > 0 && (counts.Success ?? 0) === total);
      const isOpen = ['Pending', 'InProgress', 'Cancelling'].includes(all.status);
      assert.equal(isOpen, all.completed < total);
      assert.ok(all.errors + all.deliveryTimedOut <= all.completed);
    }),
  );
});
