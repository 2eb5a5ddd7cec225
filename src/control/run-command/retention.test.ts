import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeFleet } from '../../../test/fake-fleet.ts';
import { forgetOldCommands } from './retention.ts';

test('a command is forgotten 30 days after its end, with all that nodes told of it; one that goes on is not', async (t) => {
  const fleet = await fakeFleet();
  t.after(() => fleet.dispose());
  const { agents, ids } = await fleet.nodes(1);
  const [old, open] = [await fleet.send({ InstanceIds: ids }), await fleet.send({ InstanceIds: ids })];
  const [message] = (await agents[0]?.poll()) ?? [];
  assert.ok(message);
  await agents[0]?.run(message, { only: { out: 'x' } });
  await fleet.beat();
  fleet.pass(29 * 86_400);
  assert.equal(await forgetOldCommands(fleet.db, fleet.now()), 0);
  fleet.pass(2 * 86_400);
  assert.equal(await forgetOldCommands(fleet.db, fleet.now()), 1);
  assert.equal(await fleet.command(old), undefined);
  assert.equal((await fleet.command(open)).CommandId, open);
  for (const [table, count] of [
    ['message', 1],
    ['message_payload', 1],
    ['message_step', 0],
    ['invocation', 1],
  ] as const) {
    const { rows } = await fleet.pool.query(`SELECT count(*)::int AS count FROM ${table}`);
    assert.equal(rows[0].count, count, table);
  }
});
