import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { AwsError } from '../../core/aws-error.ts';
import { node } from '../../store/schema/nodes.ts';
import type { Call } from '../call.ts';
import { actingNode } from './acting-node.ts';
import { checked, text } from './hidden-input.ts';

const HEARTBEAT = z.object({
  InstanceId: text(124),
  AgentName: text(255).optional(),
  AgentVersion: text(60).optional(),
  AgentStatus: text(60).optional(),
  AvailabilityZone: text(120).optional(),
  AvailabilityZoneId: text(50).optional(),
  ComputerName: text(255).optional(),
  IPAddress: text(46).optional(),
  PlatformName: text(120).optional(),
  PlatformType: text(60).optional(),
  PlatformVersion: text(120).optional(),
  SSMConnectionChannel: text(60).optional(),
});

/** UpdateInstanceInformation: the heartbeat. The first one of an agent tells less than the later ones, and erases nothing. */
export async function UpdateInstanceInformation(call: Call, input: object): Promise<object> {
  const told = checked(HEARTBEAT, input);
  const instanceId = actingNode(call, told.InstanceId);
  const seen = {
    agentName: told.AgentName,
    agentVersion: told.AgentVersion,
    platformType: told.PlatformType,
    platformName: told.PlatformName,
    platformVersion: told.PlatformVersion,
    ipAddress: told.IPAddress,
    computerName: told.ComputerName,
    availabilityZone: told.AvailabilityZone,
    availabilityZoneId: told.AvailabilityZoneId,
    connectionChannel: told.SSMConnectionChannel,
  };
  const known = Object.fromEntries(Object.entries(seen).filter(([, value]) => value !== undefined));
  const changed = await call.db
    .update(node)
    .set({ ...known, lastPingAt: call.now })
    .where(and(eq(node.account, call.account), eq(node.instanceId, instanceId)))
    .returning({ id: node.instanceId });
  if (changed.length === 0) throw new AwsError('InvalidInstanceId', `${instanceId} is not registered.`);
  return {};
}

/** What the server wants of a node goes through Run Command, which answers at once: no node has associations of its own. */
export async function ListInstanceAssociations(call: Call, input: object): Promise<{ Associations: [] }> {
  actingNode(call, checked(z.object({ InstanceId: text(124) }), input).InstanceId);
  return { Associations: [] };
}

/** Heard and dropped: there is no association that it could be about. */
export async function UpdateInstanceAssociationStatus(call: Call, input: object): Promise<object> {
  actingNode(call, checked(z.object({ InstanceId: text(124) }), input).InstanceId);
  return {};
}
