/** What the agent calls itself in heartbeats, replies and inventories. */
export const AGENT_NAME = 'kintsugi-agent';
export const AGENT_VERSION = '0.1.0';

/** A managed node's id, as RegisterManagedInstance gives it. */
export const INSTANCE_ID = /^mi-[0-9a-f]{17}$/;
