import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sql } from 'drizzle-orm';
import type { Operation } from '../src/control/call.ts';
import { startBake } from '../src/control/images/flow/start-bake.ts';
import { type EvaluateNeeds, evaluateTriggers } from '../src/control/images/triggers/evaluate.ts';
import { triggerOperations } from '../src/control/images/triggers/operations.ts';
import { triggersOf } from '../src/control/images/triggers/rows.ts';
import { putParameter } from '../src/control/parameter-store/put.ts';
import type { ArchiveKnowledge, Published } from '../src/control/repositories/repositories.ts';
import { EMPTY_KNOWLEDGE } from '../src/core/advisories/knowledge.ts';
import { sealerOf } from '../src/store/sealer.ts';
import { type Archive, type Flow, putManifest, quickSteps, requestOf, startFlow } from './bake-flow.ts';

const POWERS = { isRoot: true, allowHooks: false };
const ops = triggerOperations(POWERS);
const AT_ONCE = `Name: at-once
OperatingSystem: DEBIAN
ApprovalRules:
  PatchRules:
    - PatchFilterGroup: { PatchFilters: [{ Key: PRODUCT, Values: ["*"] }] }
      ApproveAfterDays: 0
      EnableNonSecurity: true
`;
const Bake = requestOf('web', { Baseline: { From: 'at-once', Text: AT_ONCE } });

interface Ground {
  readonly flow: Flow;
  readonly needs: EvaluateNeeds;
  readonly archive: Archive;
  /** What the indexes have for openssl; null: nothing is known. */
  published: string | null;
  now: Date;
  suite: string;
}

async function ground(t: TestContext): Promise<Ground> {
  const archive: Archive = { content: 'one' };
  const flow = await startFlow(quickSteps(archive).run);
  t.after(() => flow.dispose());
  const made: Ground = { flow, archive, published: null, now: new Date(), suite: 'b', needs: {} as EvaluateNeeds };
  const archives: ArchiveKnowledge = {
    states: () => [],
    newest: (_node, { version }) => {
      if (made.published === null) return null;
      const newest = made.published > version ? offer(made.published) : null;
      return { newest, complete: true };
    },
  };
  const needs = { ...POWERS, db: flow.store.db, home: flow.home, archives, knowledge: async () => EMPTY_KNOWLEDGE };
  return Object.assign(made, { needs: { ...needs, now: () => made.now, suiteDigest: async () => made.suite } });
}

const offer = (version: string): Published => ({
  ...{ architecture: 'amd64', version, source: 'openssl', sourceVersion: version, priority: 'optional' },
  ...{ section: 'utils', size: 1, codename: 'bookworm-security', origin: 'Debian' },
});

async function add(on: Ground, Condition: object, bake: object = Bake): Promise<string> {
  const input = ops.CreateImageTrigger?.input.parse({ Condition, Bake: bake }) ?? {};
  const run = ops.CreateImageTrigger?.run as Operation<object, { TriggerId: string }>;
  return (await run({ ...on.flow.call(), now: on.now }, input)).TriggerId;
}

/** A look some minutes later, until the bake that it started is over. Answers what was said, and how many bakes there were. */
async function look(on: Ground, minutes = 2): Promise<[string, number]> {
  on.now = new Date(on.now.getTime() + minutes * 60_000);
  await evaluateTriggers(on.needs);
  const [row] = await triggersOf(on.flow.store.db, '000000000000');
  if (row?.execution != null) await on.flow.ended(row.execution);
  const { rows } = await on.flow.store.db.execute(sql`SELECT 1 FROM execution`);
  return [row?.outcome ?? '', rows.length];
}

/** An image is baked and becomes gold as channels publish it, with a report and one package. */
async function makeGold(on: Ground, version: string): Promise<void> {
  const first = await on.flow.store.db.transaction((db) => startBake({ ...on.flow.call(), db }, Bake, POWERS));
  await on.flow.ended(first.ExecutionArn);
  const digest = on.flow.images.channels.get('gold') ?? '';
  const folder = join(on.flow.home, 'images/web', digest.slice('sha256:'.length));
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const packages = [{ name: 'openssl', architecture: 'amd64', version }];
  const report = JSON.stringify({ target: { os: { codename: 'bookworm', ecosystem: 'debian:12' } } });
  writeFileSync(join(folder, 'report.json'), report);
  const sha256 = createHash('sha256').update(report).digest('hex');
  const files = { 'report.json': { sha256, bytes: report.length } };
  await putManifest(on.flow.home, { ...manifest, packages, files });
  const gold = { Name: '/images/web/gold', Value: digest, Type: 'String' } as const;
  await putParameter(sealerOf(randomBytes(32)), on.flow.call(), gold);
}

test('a schedule fires once for each of its moments, whoever looks and how often', async (t) => {
  const on = await ground(t);
  await add(on, { Kind: 'schedule', Expression: 'rate(1 hour)' });
  assert.deepEqual(await look(on), ['it is not time yet', 0]);
  on.now = new Date(on.now.getTime() + 3_600_000);
  // Two servers at the same moment, and again.
  await Promise.all([evaluateTriggers(on.needs), evaluateTriggers(on.needs)]);
  assert.equal((await look(on))[1], 1);
  assert.deepEqual(await look(on), ['it is not time yet', 1]);
  assert.equal((await look(on, 60))[1], 2);
});

test('drift starts a bake once a day for the same state, and nothing where it cannot be told', async (t) => {
  const on = await ground(t);
  on.now = new Date('2026-11-28T00:10:00Z');
  await add(on, { Kind: 'drift' });
  assert.match((await look(on))[0], /^UNKNOWN: there is no gold image/);
  await makeGold(on, '3.0.1');
  assert.match((await look(on))[0], /^UNKNOWN: the server has no whole and fresh package lists for Debian12/);
  on.published = '3.0.1';
  assert.deepEqual(await look(on), ['gold misses no approved update', 1]);
  on.published = '3.0.2';
  const [said, bakes] = await look(on);
  assert.match(said, /^it started web-[0-9a-f]{8}-[0-9a-f]{12}: gold misses 1 approved updates: openssl 3\.0\.2$/);
  assert.equal(bakes, 2);
  on.published = '3.0.3';
  assert.equal((await look(on))[1], 3);
});

test('a bake for drift that came to the same image is not started again until something moves', async (t) => {
  const on = await ground(t);
  on.now = new Date('2026-11-28T00:10:00Z');
  await add(on, { Kind: 'drift' });
  await makeGold(on, '3.0.1');
  // Nothing of it can be installed: the double of the archive bakes the same image.
  on.published = '3.0.2';
  assert.equal((await look(on))[1], 2);
  for (const day of [1, 2]) {
    const [said, bakes] = await look(on, 24 * 60);
    assert.match(
      said,
      /openssl 3\.0\.2; web-\S+ came to the same image: .*Nothing starts until something else/,
      `${day}`,
    );
    assert.equal(bakes, 2);
  }
  on.published = '3.0.3';
  assert.equal((await look(on))[1], 3);
});

test('a bake for drift that failed is started again on another day, and one that was rejected is not', async (t) => {
  const on = await ground(t);
  on.now = new Date('2026-11-28T00:10:00Z');
  await add(on, { Kind: 'drift' });
  await makeGold(on, '3.0.1');
  on.published = '3.0.2';
  assert.equal((await look(on))[1], 2);
  const fail = async (error: string) => {
    const [row] = await triggersOf(on.flow.store.db, '000000000000');
    await on.flow.store.db.execute(
      sql`UPDATE execution SET status = 'FAILED', error = ${error}, output = NULL WHERE arn = ${row?.execution ?? ''}`,
    );
  };
  await fail('Kintsugi.BootTestFailed');
  assert.match((await look(on))[0], /^it has fired for this today/);
  assert.equal((await look(on, 24 * 60))[1], 3);
  await fail('Kintsugi.ApprovalRejected');
  const [said, bakes] = await look(on, 24 * 60);
  assert.match(said, /what web-\S+ baked for it was rejected\. Nothing starts/);
  assert.equal(bakes, 3);
});

test('an advisory trigger leaves updates alone that are not as bad, and a base that moved is a reason', async (t) => {
  const on = await ground(t);
  await makeGold(on, '3.0.1');
  on.published = '3.0.2';
  const id = await add(on, { Kind: 'advisory', Severity: 'high' });
  assert.deepEqual(await look(on), ['gold misses no such update', 1]);
  const remove = ops.DeleteImageTrigger?.run as Operation<object>;
  await remove(on.flow.call(), { TriggerId: id });
  await add(on, { Kind: 'base' });
  on.suite = createHash('sha256').update('base').digest('hex');
  assert.deepEqual(await look(on), ['its base is the newest', 1]);
  on.suite = 'c'.repeat(64);
  assert.match((await look(on, 61))[0], /its base is cccccccccccc now$/);
});

test('a bake that cannot start burns no firing: it starts when the family is free', async (t) => {
  const on = await ground(t);
  await add(on, { Kind: 'schedule', Expression: 'rate(1 hour)' });
  await on.flow.store.db.execute(
    sql`INSERT INTO workflow_definition (account, hash, definition) VALUES ('000000000000', 'h', '{}') ON CONFLICT DO NOTHING`,
  );
  await on.flow.store.db.execute(sql`
    INSERT INTO execution (arn, account, region, name, state_machine_arn, state_machine_name, role_arn, definition_hash, input,
      status, started_at, last_event, turn)
    VALUES ('other', '000000000000', 'r', 'n', 'm', 'm', 'r', 'h', '{}', 'RUNNING', now(), 1, 1)`);
  await on.flow.store.db.execute(
    sql`INSERT INTO image_bake (account, family, execution, taken_at) VALUES ('000000000000', 'web', 'other', now())`,
  );
  const [said, count] = await look(on, 61);
  assert.deepEqual([said, count], ['it could not start a bake: other bakes web now.', 1]);
  await on.flow.store.db.execute(sql`UPDATE execution SET status = 'ABORTED' WHERE arn = 'other'`);
  assert.equal((await look(on))[1], 2);
});

test('a trigger that could never start, or whose condition is none, is refused when it is made', async (t) => {
  const on = await ground(t);
  for (const Condition of [{ Kind: 'schedule', Expression: 'soon' }, { Kind: 'moon' }, { Kind: 'drift', More: 1 }])
    await assert.rejects(add(on, Condition), Condition.Kind);
  const hooks = [{ name: 'h', text: 'id', timeoutSeconds: 1, network: false }];
  await assert.rejects(add(on, { Kind: 'drift' }, { ...Bake, Recipe: { ...Bake.Recipe, hooks } }), {
    code: 'BakeNotPossible',
  });
  await assert.rejects(add(on, { Kind: 'drift' }, { ...Bake, Recipe: { family: '../x' } }), {
    code: 'ValidationException',
  });
  assert.deepEqual(await triggersOf(on.flow.store.db, '000000000000'), []);
});
