import { gather } from '../src/control/patch-manager/scan.ts';
import type { Inventory } from '../src/core/compliance/inventory.ts';
import { localTarget } from '../src/platforms/targets/local.ts';
import { httpWire } from '../test/agent-wire.ts';
import { type TestDatabase, testDatabase } from '../test/database.ts';
import { type FakeAgent, fakeAgent } from '../test/fake-agent.ts';
import { recordScan } from '../test/patch-scan.ts';
import { callerOf } from './caller.ts';
import type { BenchRow } from './row.ts';
import { startKintsugi } from './servers.ts';

const NODES = 50;
const AT_ONCE = 16;
const ROUNDS = 3;

/** What a fleet sends all day, a second: heartbeats, inventories and the results of scans. One server on this machine, the nodes beside it. */
export async function benchNodes(): Promise<BenchRow[]> {
  const inventory = await gather(localTarget(), { full: false, now: () => new Date() }).catch(() => null);
  const rows = await overHttp(inventory);
  if (inventory === null) return rows;
  const store = await testDatabase();
  try {
    const scans = await best(200, (at) => scan(store, inventory, at));
    const note = `${inventory.packages.length} packages, ${inventory.updates.length} updates; judged, without fsync`;
    return [...rows, row('record the scan of a node', scans, note)];
  } finally {
    await store.dispose();
  }
}

async function overHttp(inventory: Inventory | null): Promise<BenchRow[]> {
  const server = await startKintsugi();
  const caller = callerOf(server);
  try {
    const { json } = await caller.call('CreateActivation', { IamRole: 'bench', RegistrationLimit: NODES });
    const wire = httpWire(server.url, 'us-east-1');
    const agents: FakeAgent[] = [];
    for (let at = 0; at < NODES; at += 1) agents.push(await fakeAgent(wire, json));
    const of = (at: number) => agents[at % NODES] as FakeAgent;
    await Promise.all(agents.map((agent) => agent.heartbeat()));
    const beats = await best(2000, (at) => of(at).heartbeat());
    const heartbeats = row('take heartbeats', beats, `${NODES} nodes, ${AT_ONCE} at a time, each signed by its node`);
    if (inventory === null) return [heartbeats];
    let changes = 0;
    const put = (at: number) => {
      changes += 1;
      return of(at).ask('PutInventory', { InstanceId: of(at).instanceId, Items: [applications(inventory, changes)] });
    };
    const note = `${inventory.packages.length} packages, one of them new; ${AT_ONCE} at a time`;
    return [heartbeats, row('take inventories by PutInventory', await best(200, put), note)];
  } finally {
    caller.close();
    await server.stop();
  }
}

/** As amazon-ssm-agent reports it. */
function applications({ packages }: Inventory, change: number): object {
  const Content = packages.map(({ name, version, architecture }) => ({
    Name: name,
    Version: version,
    Architecture: architecture,
  }));
  Content.push({ Name: 'changed', Version: String(change), Architecture: 'all' });
  const CaptureTime = new Date().toISOString().replace(/\.\d+/, '');
  return { TypeName: 'AWS:Application', SchemaVersion: '1.1', CaptureTime, ContentHash: '', Content };
}

async function scan(store: TestDatabase, inventory: Inventory, at: number): Promise<void> {
  const instanceId = `mi-${String(at).padStart(17, '0')}`;
  await recordScan(store.db, { instanceId, inventory, endedAt: new Date() });
}

/** Calls a second, the best of some rounds. */
async function best(size: number, one: (at: number) => Promise<unknown>): Promise<number> {
  let most = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    let next = round * size;
    const end = next + size;
    const start = performance.now();
    const worker = async () => {
      while (next < end) await one(next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    most = Math.max(most, (size * 1000) / (performance.now() - start));
  }
  return most;
}

function row(job: string, perSecond: number, note: string): BenchRow {
  const ours = `${Math.round(perSecond)}/s`;
  return { job, ours, theirs: '–', versus: 'nothing to compare with', ratio: null, note };
}
