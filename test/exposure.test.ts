import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { closedPort } from '../lab/port.ts';
import { exposureOperations } from '../src/control/exposure/operations.ts';
import { dropStoredInventory, forgetUnusedPackages } from '../src/control/exposure/record-inventory.ts';
import { markPatchStateUnknown } from '../src/control/patch-manager/record-patches.ts';
import { NO_REPOSITORIES } from '../src/control/repositories/repositories.ts';
import { installed, inventory, updateOf } from '../src/core/compliance/inventory-arbitrary.ts';
import { kintsugiService } from '../src/gateway/kintsugi-service.ts';
import { addNode } from './add-node.ts';
import { advisory, advisorySet } from './exposure-fleet.ts';
import { kintsugi } from './kintsugi.ts';
import { recordScan } from './patch-scan.ts';
import { startTestServer, type TestServer } from './server.ts';

const ACCOUNT = '000000000000';
const CVE = 'CVE-2026-0001';

describe('kintsugi exposure', () => {
  let server: TestServer;
  const ids: string[] = [];
  before(async () => {
    const files = await advisorySet([
      advisory('DSA-6015-1', [{ fixed: '3.0.22-1~deb12u2' }], [CVE]),
      advisory('DSA-6016-1', [{ name: 'curl', fixed: '9' }], ['CVE-2026-0009']),
    ]);
    const needs = { advisories: async () => files, archives: NO_REPOSITORIES };
    server = await startTestServer({ services: () => [kintsugiService(exposureOperations(needs))] });
    const { db } = server.store;
    for (let number = 0; number < 4; number += 1) ids.push(await addNode(db, ACCOUNT, number));
    const [affected = '', fixed = '', doubtful = ''] = ids;
    const openssl = installed();
    const endedAt = new Date();
    const evidence = {
      ...inventory().evidence,
      gatheredAt: endedAt.toISOString(),
      listsUpdatedAt: endedAt.toISOString(),
    };
    const scan = (instanceId: string, more: object) =>
      recordScan(db, { account: ACCOUNT, instanceId, inventory: inventory({ evidence, ...more }), endedAt });
    await scan(affected, { packages: [openssl], updates: [updateOf(openssl)] });
    const current = installed({ version: '3.0.22-1~deb12u2' });
    await scan(fixed, { packages: [current] });
    await scan(doubtful, { packages: [current] });
    await markPatchStateUnknown(db, { account: ACCOUNT, instanceId: doubtful, reason: 'The probe failed.' });
  });
  after(() => server.dispose());

  it('names the affected, and calls those that were never or not well scanned unknown', async (t) => {
    const { run } = await kintsugi(t);
    const { status, stdout, stderr } = await run(['exposure', CVE, '--all'], server.env);
    assert.equal(status, 3, stderr);
    assert.match(stdout, /CVE-2026-0001 {2}AFFECTED/);
    assert.match(stdout, /1 of 4 managed nodes affected, 2 unknown, 1 not affected/);
    assert.match(
      stdout,
      /1 node {2}openssl 3\.0\.20-1~deb12u2 {2}fixed in 3\.0\.22-1~deb12u2 {2}update offered: 3\.0\.22-1~deb12u2 {2}DSA-6015-1/,
    );
    assert.match(stdout, /1 node: never scanned/);
    assert.match(stdout, /1 node: the last scan cannot be relied on/);
    assert.match(stdout, new RegExp(`Operation=Install --instance-ids ${ids[0]}\n`));
  });

  it('prints one JSON document', async (t) => {
    const { run } = await kintsugi(t);
    const { status, stdout } = await run(['exposure', 'dsa-6015', '--json', '--all'], server.env);
    const answer = JSON.parse(stdout);
    assert.equal(status, 3);
    assert.deepEqual(answer.Counts, { Nodes: 4, Affected: 1, Unknown: 2, NotAffected: 1, AffectedByOldInventory: 0 });
    const [first] = answer.Nodes;
    assert.equal(first.Findings[0].PatchState, 'MISSING');
    assert.deepEqual(
      answer.Nodes.map((one: { Status: string; Reason: string | null }) => [one.Status, one.Reason]),
      [
        ['AFFECTED', null],
        ['UNKNOWN', 'SCAN_UNKNOWN'],
        ['UNKNOWN', 'NEVER_SCANNED'],
      ],
    );
  });

  it('does not take what nobody told it for safety', async (t) => {
    const { run } = await kintsugi(t);
    const { status, stdout } = await run(['exposure', 'CVE-2026-7777'], server.env);
    assert.equal(status, 4);
    assert.match(
      stdout,
      /Nothing is known of CVE-2026-7777: the advisory files are of 2026-11-20\. That does not mean/,
    );
  });

  it('tells a package by its name and a bound', async (t) => {
    const { run } = await kintsugi(t);
    const { status, stdout } = await run(['exposure', 'openssl<3.0.22-1~deb12u2'], server.env);
    assert.equal(status, 3);
    assert.match(stdout, /INSTALLED[\s\S]*1 of 4 managed nodes/);
    assert.equal((await run(['exposure', 'openssl<1'], server.env)).status, 4);
  });

  it('refuses what is no question, and says where no server is', async (t) => {
    const { run } = await kintsugi(t);
    const malformed = await run(['exposure', 'CVE-2026'], server.env);
    assert.equal(malformed.status, 2);
    assert.match(malformed.stderr, /a CVE id is written CVE-YEAR-NUMBER/);
    const keyless = await run(['exposure', CVE]);
    assert.equal(keyless.status, 7);
    assert.match(keyless.stderr, /There are no keys for the server/);
    const nobody = { ...server.env, AWS_ENDPOINT_URL: `http://127.0.0.1:${await closedPort()}` };
    const away = await run(['exposure', CVE, '--json'], nobody);
    assert.equal(away.status, 5);
    assert.equal(JSON.parse(away.stdout).error.code, 'ServerUnreachable');
    const stranger = await run(['exposure', CVE], { ...server.env, AWS_SECRET_ACCESS_KEY: 'x'.repeat(40) });
    assert.equal(stranger.status, 7);
  });

  it('is a question that viewers may ask, with an input that is checked', async () => {
    const viewer = await server.newKey('viewer');
    const asked = (operation: string, input: unknown) => server.call('kintsugi', operation, input, viewer);
    assert.equal((await asked('DescribeExposure', { Subject: CVE })).json.Status, 'AFFECTED');
    for (const input of [
      {},
      { Subject: 7 },
      { Subject: '' },
      { Subject: CVE, MaxResults: 0 },
      [],
      { Subject: 'x'.repeat(801) },
    ]) {
      const { status, json } = await asked('DescribeExposure', input);
      assert.deepEqual([status, json.__type], [400, 'ValidationException'], JSON.stringify(input));
    }
    assert.equal((await asked('DescribeExposure', { Subject: 'x'.repeat(100_000) })).status, 413);
    assert.equal(
      (await asked('ListExposedNodes', { Subject: CVE, NextToken: 'AAAA' })).json.__type,
      'InvalidNextToken',
    );
    assert.equal((await asked('DescribeNothing', {})).json.__type, 'UnknownOperationException');
  });

  it('pages through nodes and misses none', async () => {
    const found: string[] = [];
    let NextToken: string | undefined;
    do {
      const input = { Subject: CVE, Statuses: ['UNKNOWN', 'AFFECTED', 'NOT_AFFECTED'], MaxResults: 1, NextToken };
      const { json } = await server.call('kintsugi', 'ListExposedNodes', input);
      found.push(...json.Nodes.map((one: { InstanceId: string }) => one.InstanceId));
      NextToken = json.NextToken;
    } while (NextToken !== undefined);
    assert.deepEqual(found, [...ids].sort());
  });

  it('forgets a node that goes, and what no other node has', async () => {
    // What it was offered is what another has installed: that set stays.
    const { db, pool } = server.store;
    await dropStoredInventory(db, ACCOUNT, ids[0] ?? '');
    assert.deepEqual(await forgetUnusedPackages(db), { sets: 1, versions: 1 });
    const { rows } = await pool.query('SELECT version FROM package_version');
    assert.deepEqual(rows, [{ version: '3.0.22-1~deb12u2' }]);
  });
});

it('a running server reads advisories that are put into its data directory', async (t) => {
  const { home, start, run } = await kintsugi(t);
  const up = start(['up', '--no-node', '--port', String(await closedPort())]);
  t.after(async () => {
    up.child.kill('SIGTERM');
    await up.ended;
  });
  await up.until(/describe-instance-information/);
  assert.equal((await run(['exposure', 'DSA-6015-1'])).status, 4);
  mkdirSync(join(home, 'advisories'));
  writeFileSync(
    join(home, 'advisories/DSA'),
    '[20 Nov 2026] DSA-6015-1 openssl - security update\n\t{CVE-2026-0001}\n\t[bookworm] - openssl 3.0.22-1~deb12u2\n',
  );
  const known = async () => (await run(['exposure', 'DSA-6015-1'])).stdout.includes('2026-11-20');
  while (!(await known()));
  const nobody = await run(['exposure', 'DSA-6015-1']);
  assert.equal(nobody.status, 4, 'a fleet of nobody is unknown');
  assert.match(nobody.stdout, /UNKNOWN\nthere are no managed nodes/);
  writeFileSync(join(home, 'advisories/broken.json.gz'), Buffer.from('1f8b00', 'hex'));
  const doubted = async () => (await run(['exposure', 'DSA-6015-1'])).stdout.includes('cannot be read as they are now');
  while (!(await doubted()));
  assert.ok(readFileSync(join(home, 'aws-config'), 'utf8').includes('endpoint_url'));
});
