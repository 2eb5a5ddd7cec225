import type { PingStatus } from '@aws-sdk/client-ssm';

const MINUTE_MS = 60_000;
/** Agents beat every five minutes: one beat may be lost, and the next may be late by a minute. */
export const ONLINE_MS = 11 * MINUTE_MS;
export const INACTIVE_MS = 30 * 24 * 60 * MINUTE_MS;

export const PING_STATUSES: readonly PingStatus[] = ['Online', 'ConnectionLost', 'Inactive'];

/** Judged when it is asked for, so that no job has to find the nodes that fell silent. Never heard of is Inactive. */
export function pingStatus(lastPingAt: Date | null, now: Date): PingStatus {
  if (lastPingAt === null) return 'Inactive';
  const silence = now.getTime() - lastPingAt.getTime();
  if (silence <= ONLINE_MS) return 'Online';
  return silence <= INACTIVE_MS ? 'ConnectionLost' : 'Inactive';
}
