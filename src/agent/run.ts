import { KintsugiError } from '../core/errors.ts';
import { Agent, type AgentOptions } from './agent.ts';
import { gatherFacts } from './facts.ts';
import type { Host } from './host.ts';
import { beTheOnlyOne } from './only-one.ts';
import { Outbox } from './outbox.ts';
import { endpointOf, readRegistration } from './registration.ts';
import { Session } from './session.ts';
import type { StateFolder } from './state-folder.ts';

/**
 * Runs the agent of a registered node until `stop` is raised.
 * Errors: AgentNotRegistered, AgentRunning, AgentStateBroken, Usage.
 */
export async function runAgent(
  folder: StateFolder,
  options: AgentOptions & { readonly log: (line: string) => void },
  stop: AbortSignal,
): Promise<void> {
  const registration = await readRegistration(folder);
  if (registration === null) throw new KintsugiError('AgentNotRegistered', `${folder.path} has no registration`);
  const lock = await beTheOnlyOne(folder.path);
  try {
    const { instanceId, region } = registration;
    const session = await Session.open(await endpointOf(registration), registration, folder);
    const { log } = options;
    const { random } = Math;
    const deliver = (operation: string, body: object) => {
      return session.call('ec2messages', operation, body, { timeoutMs: 30_000, signal: stop });
    };
    const outbox = await Outbox.open({ folder: folder.outbox, random, log, deliver });
    const now = () => new Date();
    const host: Host = { instanceId, region, facts: await gatherFacts(), folder, session, outbox, now, random, log };
    log(`${instanceId} serves ${registration.endpoint}`);
    await new Agent(host, options, stop).work();
  } finally {
    lock.close();
  }
}
