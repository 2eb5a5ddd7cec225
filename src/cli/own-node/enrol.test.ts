import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { startWholeServer, type WholeServer } from '../../../test/whole-server.ts';
import { readRegistration, register } from '../../agent/registration.ts';
import { type StateFolder, stateFolder } from '../../agent/state-folder.ts';
import { findNode } from '../../control/managed-nodes/nodes.ts';
import { ACCOUNT } from '../../gateway/run-server.ts';
import { enrol } from './enrol.ts';

let fleet: WholeServer;
let home: string;
let folder: StateFolder;
before(async () => {
  fleet = await startWholeServer();
});
after(() => fleet.dispose());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kt-enrol-'));
  folder = stateFolder(join(home, 'agent'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const plan = { region: 'eu-central-1', isScanOnly: true };
const nodes = async () => {
  const { rows } = await fleet.server.store.pool.query('SELECT instance_id FROM node');
  return rows.length;
};

async function newActivation(): Promise<{ activationId: string; activationCode: string }> {
  const input = { IamRole: 'r', RegistrationLimit: 1 };
  const { ActivationId, ActivationCode } = await fleet.server.inside.run('CreateActivation', input);
  return { activationId: ActivationId, activationCode: ActivationCode };
}

test('a machine is enrolled once, scan-only from the first moment, and its activation is used up', async () => {
  const before = await nodes();
  const first = await enrol(fleet.server, folder, plan);
  assert.ok(first.isNew);
  const again = await enrol(fleet.server, folder, plan);
  assert.deepEqual([again.instanceId, again.isNew], [first.instanceId, false]);
  assert.equal(await nodes(), before + 1);
  const { rows } = await fleet.server.store.pool.query(
    `SELECT scan_only, registrations_count, registration_limit FROM activation
     WHERE activation_id = (SELECT activation_id FROM node WHERE instance_id = $1)`,
    [first.instanceId],
  );
  assert.deepEqual(rows, [{ scan_only: true, registrations_count: 1, registration_limit: 1 }]);
  await assert.rejects(readFile(join(folder.path, 'activation.json')), { code: 'ENOENT' });
});

test('--allow-patching lifts the limit at a later start, and a start without it restores it', async () => {
  const limits = [];
  for (const isScanOnly of [true, false, true]) {
    const { instanceId } = await enrol(fleet.server, folder, { ...plan, isScanOnly });
    limits.push((await findNode(fleet.server.store.db, ACCOUNT, instanceId))?.scanOnly);
  }
  assert.deepEqual(limits, [true, false, true]);
});

test('killed after the server had registered it and before it noted that, a machine gets the same id', async () => {
  const activation = await newActivation();
  const request = { endpoint: fleet.url, region: 'eu-central-1', ca: null, allowHttp: true, ...activation };
  const { instanceId } = await register(folder, request, new Date());
  await rm(folder.registration);
  await writeFile(join(folder.path, 'activation.json'), JSON.stringify(activation));
  const before = await nodes();
  const found = await enrol(fleet.server, folder, plan);
  assert.equal(found.instanceId, instanceId);
  assert.equal(await nodes(), before);
  assert.equal((await findNode(fleet.server.store.db, ACCOUNT, instanceId))?.scanOnly, true);
});

test('an activation that is of no use any more, or no activation, is replaced', async () => {
  for (const text of [
    '{',
    '{"activationId":1}',
    JSON.stringify({ activationId: 'x', activationCode: 'y'.repeat(24) }),
  ]) {
    rmSync(folder.path, { recursive: true, force: true });
    await mkdir(folder.path, { recursive: true });
    await writeFile(join(folder.path, 'activation.json'), text);
    assert.ok((await enrol(fleet.server, folder, plan)).isNew, text);
  }
});

test('a node that was deregistered is enrolled anew, and that is told', async () => {
  const first = await enrol(fleet.server, folder, plan);
  await fleet.server.inside.run('DeregisterManagedInstance', { InstanceId: first.instanceId });
  const second = await enrol(fleet.server, folder, plan);
  assert.notEqual(second.instanceId, first.instanceId);
  assert.deepEqual([second.isNew, second.formerly], [true, first.instanceId]);
});

test('a server that listens elsewhere now is noted for the agent', async () => {
  await enrol(fleet.server, folder, plan);
  await enrol({ ...fleet.server, localUrl: 'http://127.0.0.1:1' }, folder, plan);
  assert.equal((await readRegistration(folder))?.endpoint, 'http://127.0.0.1:1');
});
