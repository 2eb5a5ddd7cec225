import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { and, eq } from 'drizzle-orm';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { Bell } from '../../store/bell.ts';
import { message } from '../../store/schema/messages.ts';
import { messageOperations } from './operations.ts';
import { endMessages, messageIdOf, post, postCancel, stepsOf } from './outbox.ts';

const ACCOUNT = '000000000000';
const NOW = new Date('2026-03-01T00:00:00Z');
const seconds = (count: number) => new Date(NOW.getTime() + count * 1000);

let store: TestDatabase;
let bell: Bell;
before(async () => {
  store = await testDatabase();
  bell = await Bell.open(store.pool);
});
after(async () => {
  bell.close();
  await store.dispose();
});

let nodes = 0;
/** An agent of a new node that the server believes to be one. */
function agent(pollMs = 0) {
  nodes += 1;
  const id = `mi-${String(nodes).padStart(17, '0')}`;
  const operations = messageOperations({ bell, pollMs });
  const call = (at: Date) => {
    const principal = { account: ACCOUNT, role: 'node', accessKeyId: 'ASIA', instanceId: id, arn: 'a' } as const;
    return fakeCall(store.db, { principal, now: at });
  };
  const ask = (name: string, input: object, at = NOW, more: object = {}) =>
    invoke<Record<string, unknown>>(operations, name, { ...call(at), ...more }, input);
  const poll = async (at = NOW, more: object = {}) => {
    const answer = await ask('GetMessages', { Destination: id, MessagesRequestId: 'r' }, at, more);
    return (answer.Messages as { MessageId: string; Payload: string; Topic: string; CreatedDate: string }[]) ?? [];
  };
  const send = (count: number, deliverBy = seconds(3600)) => {
    const jobs = Array.from({ length: count }, () => randomUUID());
    const postings = jobs.map((job) => ({
      messageId: messageIdOf(job, id),
      instanceId: id,
      commandId: job,
      ordinal: 0,
      payload: JSON.stringify({ CommandId: job }),
      deliverBy,
      executionSeconds: 60,
    }));
    return post(store.db, ACCOUNT, postings, NOW).then(() => postings);
  };
  const reply = (MessageId: string, body: object) =>
    ask('SendReply', { MessageId, ReplyId: randomUUID(), Payload: JSON.stringify(body) });
  return { id, ask, poll, send, reply };
}

async function stateOf(messageId: string) {
  const rows = await store.db
    .select()
    .from(message)
    .where(and(eq(message.account, ACCOUNT), eq(message.messageId, messageId)));
  const row = rows[0];
  assert.ok(row);
  return row;
}

function said(documentStatus: string, steps: Record<string, string>, at: number, counts = {}) {
  const dateTime = seconds(at).toISOString();
  const runtimeStatus = Object.fromEntries(
    Object.entries(steps).map(([name, status]) => [
      name,
      {
        status,
        code: 0,
        name: 'aws:runShellScript',
        output: '',
        standardOutput: `${name} ${status}`,
        standardError: '',
      },
    ]),
  );
  return {
    additionalInfo: { dateTime, runtimeStatusCounts: counts },
    documentStatus,
    documentTraceOutput: '',
    runtimeStatus,
  };
}

test('messages come in their order, five unfinished at the most, and the next when one is done', async () => {
  const { poll, send, ask, reply } = agent();
  const sent = (await send(7)).map(({ messageId }) => messageId);
  const first = await poll();
  assert.deepEqual(
    first.map(({ MessageId }) => MessageId),
    sent.slice(0, 5),
  );
  assert.equal(first[0]?.Topic, 'aws.ssm.sendCommand.us-east-1.1');
  assert.equal(first[0]?.CreatedDate, '2026-03-01T00:00:00.000Z');
  for (const MessageId of sent.slice(0, 5)) await ask('AcknowledgeMessage', { MessageId });
  assert.deepEqual(await poll(seconds(60)), []);
  await reply(sent[2] ?? '', said('Success', { a: 'Success' }, 1, { Success: 1 }));
  assert.deepEqual(
    (await poll(seconds(60))).map(({ MessageId }) => MessageId),
    [sent[5]],
  );
});

test('what is not acknowledged is given again, until it is too late', async () => {
  const { poll, send, ask } = agent();
  const [sent] = await send(1, seconds(35));
  const MessageId = sent?.messageId ?? '';
  assert.equal((await poll()).length, 1);
  assert.equal((await poll(seconds(9))).length, 0);
  assert.equal((await poll(seconds(10))).length, 1);
  assert.equal((await poll(seconds(21))).length, 1);
  assert.equal((await poll(seconds(36))).length, 0);
  assert.equal((await stateOf(MessageId)).deliveries, 3);
  await ask('AcknowledgeMessage', { MessageId });
  assert.deepEqual((await stateOf(MessageId)).startedAt, NOW);
});

test('a waiting node is woken by its message, and by none of another node', async () => {
  const [one, other] = [agent(10_000), agent(10_000)];
  const left = new AbortController();
  const waiting = one.poll();
  const forOther = other.poll(NOW, { signal: left.signal });
  const [sent] = await one.send(1);
  assert.deepEqual(
    (await waiting).map(({ MessageId }) => MessageId),
    [sent?.messageId],
  );
  left.abort();
  assert.deepEqual(await forOther, []);
});

test('a message of a server whose clock is ahead wakes the node all the same', async () => {
  const { poll, send } = agent(10_000);
  const waiting = poll(seconds(-5));
  const [sent] = await send(1);
  assert.deepEqual(
    (await waiting).map(({ MessageId }) => MessageId),
    [sent?.messageId],
  );
});

test('a node that asks many servers at the same time gets each message once', async () => {
  const { poll, send } = agent();
  await send(5);
  const answers = await Promise.all(Array.from({ length: 6 }, () => poll()));
  const rest = await poll();
  const ids = [...answers, rest].flat().map(({ MessageId }) => MessageId);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(ids.length, 5);
});

test('replies of a run with a reboot come to the same in any order, doubled or not', async () => {
  const replies = [
    said('InProgress', {}, 1),
    said('InProgress', { one: 'Success' }, 2, { Success: 1 }),
    said('InProgress', { two: 'SuccessAndReboot' }, 3, { Success: 1, SuccessAndReboot: 1 }),
    said('SuccessAndReboot', {}, 4, { Success: 1, SuccessAndReboot: 1 }),
    said('SuccessAndReboot', { two: 'SuccessAndReboot' }, 5, { SuccessAndReboot: 1 }),
    said('InProgress', { two: 'Success' }, 6, { Success: 1 }),
    said('InProgress', { three: 'Success' }, 7, { Success: 2 }),
    said('Success', {}, 8, { Success: 2 }),
  ];
  // The last word counts two steps, as the agent does after a reboot: it may come before all but two of the results.
  const orders = [
    [0, 1, 2, 3, 4, 5, 6, 7],
    [1, 0, 2, 2, 3, 5, 4, 6, 7, 0],
    [6, 5, 4, 3, 2, 1, 0, 7, 7, 0, 3],
    [7, 1, 0, 3, 6, 4, 5, 2],
  ];
  for (const order of orders) {
    const { send, reply, poll } = agent();
    const [sent] = await send(1);
    const id = sent?.messageId ?? '';
    await poll();
    for (const [index, which] of order.entries()) {
      const isBeforeTheLastWord = !order.slice(0, index).includes(7);
      if (isBeforeTheLastWord) assert.equal((await stateOf(id)).endedAt, null);
      await reply(id, replies[which] ?? {});
    }
    const state = await stateOf(id);
    assert.equal(state.outcome, 'Success', order.join());
    const steps = await stepsOf(store.db, ACCOUNT, id);
    assert.deepEqual(steps.map(({ name, status }) => `${name} ${status}`).sort(), [
      'one Success',
      'three Success',
      'two Success',
    ]);
  }
});

test('the last word waits for the results that it counts', async () => {
  const { send, reply } = agent();
  const id = (await send(1))[0]?.messageId ?? '';
  await reply(id, said('Success', {}, 5, { Success: 2 }));
  assert.equal((await stateOf(id)).endedAt, null);
  await reply(id, said('InProgress', { one: 'Success' }, 1, { Success: 1 }));
  await reply(id, said('InProgress', {}, 0));
  assert.equal((await stateOf(id)).endedAt, null);
  await reply(id, said('InProgress', { two: 'Success' }, 2, { Success: 2 }));
  assert.equal((await stateOf(id)).outcome, 'Success');
});

test('an agent that crashed fails the message, and what its first step had brought stays', async () => {
  const { send, reply } = agent();
  const id = (await send(1))[0]?.messageId ?? '';
  await reply(id, said('InProgress', { one: 'Success' }, 1, { Success: 1 }));
  const crash = said('Failed', { one: 'Failed' }, 90, { Failed: 1 });
  const one = { status: 'Failed', code: 1, name: '', output: 'document process failed unexpectedly' };
  await reply(id, { ...crash, runtimeStatus: { one } });
  const state = await stateOf(id);
  assert.equal(state.outcome, 'Failed');
  assert.equal(state.trace, 'document process failed unexpectedly');
  assert.equal((await stepsOf(store.db, ACCOUNT, id))[0]?.standardOutput, 'one Success');
});

test('a request to cancel reaches a node that has no room, once, and ends when it is acknowledged', async () => {
  const { send, poll, ask, reply } = agent();
  const sent = await send(6);
  await poll();
  const first = sent[0];
  assert.ok(first);
  for (let twice = 0; twice < 2; twice += 1) await postCancel(store.db, ACCOUNT, first, NOW);
  const [cancel, ...rest] = await poll();
  assert.deepEqual(rest, []);
  assert.equal(cancel?.Topic, 'aws.ssm.cancelCommand.us-east-1.1');
  assert.deepEqual(JSON.parse(cancel?.Payload ?? ''), { CancelMessageId: first.messageId });
  assert.match(cancel?.MessageId ?? '', /^aws\.ssm\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.mi-\d{17}$/);
  await reply(cancel?.MessageId ?? '', said('InProgress', {}, 1));
  await ask('AcknowledgeMessage', { MessageId: cancel?.MessageId });
  assert.equal((await stateOf(cancel?.MessageId ?? '')).outcome, 'Success');
  await reply(first.messageId, said('Cancelled', { a: 'Cancelled' }, 2, { Cancelled: 1 }));
  assert.equal((await stateOf(first.messageId)).outcome, 'Cancelled');
});

test('an agent that cannot handle a message fails it', async () => {
  const { send, ask } = agent();
  const MessageId = (await send(1))[0]?.messageId ?? '';
  await ask('FailMessage', { MessageId, FailureType: 'InternalHandlerException' });
  const { outcome, trace } = await stateOf(MessageId);
  assert.equal(`${outcome}: ${trace}`, 'Failed: The agent could not handle the message: InternalHandlerException');
});

test('what the server has ended is not given any more and keeps its outcome, whatever the node still tells', async () => {
  const { send, poll, reply } = agent();
  const sent = (await send(2)).map(({ messageId }) => messageId);
  await endMessages(store.db, ACCOUNT, sent.slice(0, 1), 'Withdrawn', NOW);
  assert.deepEqual(
    (await poll()).map(({ MessageId }) => MessageId),
    sent.slice(1),
  );
  await reply(sent[0] ?? '', said('Success', { a: 'Success' }, 1, { Success: 1 }));
  assert.equal((await stateOf(sent[0] ?? '')).outcome, 'Withdrawn');
});

test('a node sees and answers its own messages alone, and nobody else sees any', async () => {
  const [one, other] = [agent(), agent()];
  const id = (await one.send(1))[0]?.messageId ?? '';
  assert.equal((await other.reply(id, said('Success', { a: 'Success' }, 1, { Success: 1 }))).ReplyStatus, 'Dropped');
  await other.ask('AcknowledgeMessage', { MessageId: id });
  assert.equal((await stateOf(id)).startedAt, null);
  const foreign = other.ask('GetMessages', { Destination: one.id, MessagesRequestId: 'r' });
  await assert.rejects(foreign, { code: 'AccessDeniedException' });
  const admin = invoke(messageOperations({ bell, pollMs: 0 }), 'GetMessages', fakeCall(store.db), {
    Destination: one.id,
    MessagesRequestId: 'r',
  });
  await assert.rejects(admin, { code: 'AccessDeniedException' });
});

test('hostile replies are bounded or refused, and none of them breaks the store', async () => {
  const { send, reply } = agent();
  const id = (await send(1))[0]?.messageId ?? '';
  const step = {
    status: 'Success',
    code: 1e300,
    name: 'x\0',
    output: 'o'.repeat(9999),
    standardOutput: `\0\ud800${'é'.repeat(99_999)}`,
  };
  const runtimeStatus = { 'a\0b': step, odd: { status: 'constructor' } };
  await reply(id, { documentStatus: 'InProgress', runtimeStatus, additionalInfo: { dateTime: 'yesterday' } });
  const [kept, ...rest] = await stepsOf(store.db, ACCOUNT, id);
  assert.deepEqual(rest, []);
  assert.equal(kept?.name, 'a\ufffdb');
  assert.equal(kept?.code, -1);
  assert.equal(kept?.output.length, 2500);
  assert.equal(kept?.standardOutput.length, 25_000);
});
