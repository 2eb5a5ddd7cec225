import { networkInterfaces } from 'node:os';
import type { Host } from '../host.ts';
import { AGENT_NAME, AGENT_VERSION } from '../identity.ts';
import type { JsonObject } from '../wire.ts';
import { applications } from './applications.ts';
import { type InventoryItem, row } from './item.ts';

/**
 * What a step of `aws:softwareInventory` asks for: who the machine is, and the parts whose inputs say `Enabled`.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/inventory-schema.html
 */
export async function gatherInventory(host: Host, inputs: JsonObject): Promise<InventoryItem[]> {
  const items = [instanceInformation(host)];
  const installed = inputs.applications === 'Enabled' ? await applications() : null;
  if (installed !== null) items.push(installed);
  if (inputs.networkConfig === 'Enabled') items.push(network());
  return items;
}

function instanceInformation({ instanceId, facts }: Host): InventoryItem {
  const content = [
    row({
      AgentType: AGENT_NAME,
      AgentVersion: AGENT_VERSION,
      ComputerName: facts.computerName,
      InstanceId: instanceId,
      IpAddress: facts.ipAddress,
      PlatformName: facts.platformName,
      PlatformType: 'Linux',
      PlatformVersion: facts.platformVersion,
    }),
  ];
  return { typeName: 'AWS:InstanceInformation', schemaVersion: '1.0', content };
}

function network(): InventoryItem {
  const content = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) => {
    const outside = addresses.filter(({ internal }) => !internal);
    if (outside.length === 0) return [];
    const of = (family: string) => outside.filter((one) => one.family === family).map(({ address }) => address);
    const values = {
      Name: name,
      MacAddress: outside[0]?.mac ?? '',
      IPV4: of('IPv4').join(','),
      IPV6: of('IPv6').join(','),
    };
    return [row(values)];
  });
  return { typeName: 'AWS:Network', schemaVersion: '1.0', content };
}
