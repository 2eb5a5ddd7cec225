import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { addNode } from '../../test/add-node.ts';
import { debianUpdates, recordScan } from '../../test/patch-scan.ts';
import { startTestServer, type TestServer } from '../../test/server.ts';
import { createFleetMetrics } from './fleet-metrics.ts';

const ACCOUNT = '000000000000';
const LINE =
  /^(?:# (?:HELP [a-z_]+ .+|TYPE [a-z_]+ (?:gauge|counter|histogram))|[a-z_]+(?:\{[a-z_]+="[^"\n]*"(?:,[a-z_]+="[^"\n]*")*\})? -?[0-9.e+-]+)$/;

describe('the metrics of the fleet', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.dispose());

  it('tell nodes, compliance and commands, and take nothing unknown for compliant', async () => {
    const { db } = server.store;
    const now = new Date();
    const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
    const online = await addNode(db, ACCOUNT, 1, { lastPingAt: now });
    const old = await addNode(db, ACCOUNT, 2, { lastPingAt: ago(2) });
    await addNode(db, ACCOUNT, 3, { lastPingAt: null });
    const scanned = (endedAt: Date) => {
      const scan = debianUpdates();
      return { inventory: { ...scan, evidence: { ...scan.evidence, gatheredAt: endedAt.toISOString() } }, endedAt };
    };
    await recordScan(db, { instanceId: online, ...scanned(now) });
    await recordScan(db, { instanceId: old, ...scanned(ago(24 * 30)) });
    await server.call('ssm', 'SendCommand', {
      DocumentName: 'AWS-RunShellScript',
      InstanceIds: [online],
      Parameters: { commands: ['true'] },
    });
    const text = await (await fetch(`${server.gateway.url}/metrics`)).text();
    assert.deepEqual(
      text.split('\n').filter((line) => line !== '' && !LINE.test(line)),
      [],
    );
    for (const line of [
      'kintsugi_fleet_up 1',
      'kintsugi_nodes{ping_status="Online"} 1',
      'kintsugi_nodes{ping_status="ConnectionLost"} 1',
      'kintsugi_nodes{ping_status="Inactive"} 1',
      'kintsugi_patch_compliance_nodes{status="COMPLIANT"} 0',
      'kintsugi_patch_compliance_nodes{status="NON_COMPLIANT"} 1',
      'kintsugi_patch_compliance_nodes{status="UNKNOWN"} 2',
      'kintsugi_nodes_never_scanned 1',
      'kintsugi_unfinished_commands{state="Pending"} 1',
    ]) {
      assert.ok(text.split('\n').includes(line), `${line} is not in\n${text}`);
    }
    const age = Number(/^kintsugi_oldest_scan_age_seconds (\S+)$/m.exec(text)?.[1]);
    assert.ok(age >= 30 * 86_400 && age < 31 * 86_400, String(age));
    assert.match(text, /^kintsugi_oldest_unfinished_command_age_seconds \d/m);
  });

  it('are asked for once in five seconds, and are not told from a store that does not answer', async () => {
    let [asked, time] = [0, 0];
    const failing = async () => {
      asked += 1;
      throw new Error('gone');
    };
    const text = createFleetMetrics(failing, () => time);
    for (time of [0, 10, 4999]) assert.match(await text(), /^kintsugi_fleet_up 0$/m);
    assert.equal(asked, 1);
    time = 5000;
    assert.doesNotMatch(await text(), /kintsugi_nodes/);
    assert.equal(asked, 2);
  });
});
