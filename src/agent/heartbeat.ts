import { backoffMs, sleep } from './backoff.ts';
import { gatherFacts } from './facts.ts';
import type { Host } from './host.ts';
import { AGENT_NAME, AGENT_VERSION } from './identity.ts';
import { writeState } from './state-file.ts';

const EVERY_MS = 5 * 60_000;

/** Tells the server at the start and every five minutes that the node is there, and notes when it was last heard. */
export async function beat(host: Host, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      await host.session.call('ssm', 'UpdateInstanceInformation', await instanceInformation(host), {
        timeoutMs: 30_000,
        signal,
      });
      failures = 0;
      await writeState(host.folder.contact, JSON.stringify({ lastContactAt: host.now().toISOString() }));
      await sleep(EVERY_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (failures === 1) host.log(`no heartbeat: ${(error as Error).message}`);
      await sleep(backoffMs(failures, host.random), signal);
    }
  }
}

/** Gathered anew each time: addresses and names change. */
async function instanceInformation({ instanceId }: Host): Promise<object> {
  const facts = await gatherFacts();
  return {
    AgentName: AGENT_NAME,
    AgentVersion: AGENT_VERSION,
    AgentStatus: 'Active',
    InstanceId: instanceId,
    PlatformType: 'Linux',
    PlatformName: facts.platformName,
    PlatformVersion: facts.platformVersion,
    ComputerName: facts.computerName,
    ...(facts.ipAddress === '' ? {} : { IPAddress: facts.ipAddress }),
    SSMConnectionChannel: 'ec2messages',
  };
}
