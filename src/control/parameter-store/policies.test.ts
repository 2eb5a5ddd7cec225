import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPolicies } from './policies.ts';

const now = new Date('2026-01-01T00:00:00Z');
const read = (...policies: unknown[]) => readPolicies(JSON.stringify(policies), now);
const policy = (Type: string, Attributes: object) => ({ Type, Version: '1.0', Attributes });
const expiration = (Timestamp: string) => policy('Expiration', { Timestamp });

test('the three kinds are read, and the expiration in UTC', () => {
  const { list, expiresAt } = read(
    expiration('2026-02-01T00:00:00.000+02:00'),
    policy('ExpirationNotification', { Before: '15', Unit: 'Days' }),
    policy('NoChangeNotification', { After: '20', Unit: 'Hours' }),
  );
  assert.equal(expiresAt?.toISOString(), '2026-01-31T22:00:00.000Z');
  assert.deepEqual(
    list.map(({ PolicyType, PolicyStatus }) => [PolicyType, PolicyStatus]),
    [
      ['Expiration', 'Pending'],
      ['ExpirationNotification', 'Pending'],
      ['NoChangeNotification', 'Pending'],
    ],
  );
  assert.deepEqual(
    JSON.parse(list[1]?.PolicyText ?? ''),
    policy('ExpirationNotification', { Before: '15', Unit: 'Days' }),
  );
});

test('an empty list and a list of nothing take all policies away', () => {
  assert.deepEqual(read(), { list: [], expiresAt: null });
  assert.deepEqual(read({}), { list: [], expiresAt: null });
});

test('every mistake has its own error', () => {
  const soon = expiration('2027-01-01T00:00:00Z');
  const many = Array.from({ length: 11 }, () => policy('NoChangeNotification', { After: '1', Unit: 'Days' }));
  const table: [unknown[], string][] = [
    [[policy('Deletion', {})], 'InvalidPolicyTypeException'],
    [[policy('constructor', {})], 'InvalidPolicyTypeException'],
    [[policy('Expiration', {})], 'InvalidPolicyAttributeException'],
    [[expiration('tomorrow')], 'InvalidPolicyAttributeException'],
    [[expiration('2025-01-01T00:00:00Z')], 'InvalidPolicyAttributeException'],
    [[policy('NoChangeNotification', { After: '-1', Unit: 'Days' })], 'InvalidPolicyAttributeException'],
    [[policy('ExpirationNotification', { Before: '1', Unit: 'Weeks' })], 'InvalidPolicyAttributeException'],
    [[{ Type: 'Expiration', Version: '2.0', Attributes: {} }], 'InvalidPolicyAttributeException'],
    [[soon, soon], 'IncompatiblePolicyException'],
    [many, 'PoliciesLimitExceededException'],
    [[1], 'ValidationException'],
  ];
  for (const [policies, code] of table) assert.throws(() => read(...policies), { code }, JSON.stringify(policies));
  for (const text of ['x', '{}', '"a"', 'null'])
    assert.throws(() => readPolicies(text, now), { code: 'ValidationException' });
});
