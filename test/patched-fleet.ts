import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  CommandInvocation,
  InstanceInformation,
  InstancePatchState,
  SendCommandRequest,
} from '@aws-sdk/client-ssm';
import { type LabNode, labNode } from '../lab/node.ts';
import { SLOW_MARKS, setSlowness } from '../lab/variants/updates.ts';
import { versionsOf } from './root-state.ts';
import type { ServerProcess } from './server-process.ts';

/** What the tests of faults install: a package whose script takes its time, and two quick ones of Debian's. */
const UPDATES = ['kintsugi-lab-slow', 'tzdata', 'xz-utils'];
const GROUP = 'faults';
const PATIENCE_MS = 300_000;

/** Real nodes of a real server in a process, each with the same few updates to come. */
export interface PatchedFleet {
  readonly server: ServerProcess;
  readonly nodes: readonly LabNode[];
  send(input: Partial<SendCommandRequest>): Promise<string>;
  /** AWS-RunPatchBaseline on all nodes at once. */
  patch(operation: 'Scan' | 'Install', more?: Partial<SendCommandRequest>): Promise<string>;
  /** Once the command is over: how it ended on each node, by instance id. */
  end(commandId: string): Promise<ReadonlyMap<string, CommandInvocation>>;
  states(): Promise<ReadonlyMap<string, InstancePatchState>>;
  dispose(): Promise<void>;
}

export async function patchedFleet(server: ServerProcess, size: number): Promise<PatchedFleet> {
  const { ask, url, region } = server;
  const activation = await ask('CreateActivation', {
    IamRole: 'nodes',
    RegistrationLimit: size,
    Tags: [{ Key: 'Patch Group', Value: GROUP }],
  });
  const { BaselineId } = await ask('CreatePatchBaseline', {
    Name: 'Faults',
    OperatingSystem: 'DEBIAN',
    ApprovedPatches: UPDATES,
  });
  await ask('RegisterPatchBaselineForPatchGroup', { BaselineId, PatchGroup: GROUP });
  const made = await Promise.allSettled(
    Array.from({ length: size }, (_, index) =>
      labNode({
        endpoint: url,
        region,
        activationId: activation.ActivationId ?? '',
        activationCode: activation.ActivationCode ?? '',
        hostname: `web${index + 1}`,
        variant: 'slow-postinst',
      }),
    ),
  );
  const nodes = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const dispose = async () => {
    await Promise.all(nodes.map((node) => node.dispose()));
  };
  try {
    for (const one of made) if (one.status === 'rejected') throw one.reason;
    await until('all nodes are online', async () => {
      const nodes: InstanceInformation[] = (await ask('DescribeInstanceInformation', {})).InstanceInformationList;
      return nodes.filter(({ PlatformName }) => PlatformName !== undefined).length === size;
    });
  } catch (error) {
    await dispose();
    throw error;
  }
  const send: PatchedFleet['send'] = async (input) => {
    // By their ids: targets are taken on a few at first, whatever the concurrency.
    const target = { InstanceIds: nodes.map(({ instanceId }) => instanceId), MaxConcurrency: '100%' };
    const { Command } = await ask('SendCommand', {
      DocumentName: 'AWS-RunPatchBaseline',
      ...target,
      MaxErrors: '100%',
      ...input,
    });
    return Command?.CommandId ?? '';
  };
  return {
    server,
    nodes,
    send,
    patch: (operation, more = {}) => send({ Parameters: { Operation: [operation] }, ...more }),
    end: async (CommandId) => {
      await until(`${CommandId} has ended`, async () => {
        const { Commands = [] } = await ask('ListCommands', { CommandId });
        return !['Pending', 'InProgress', 'Cancelling'].includes(Commands[0]?.Status ?? '');
      });
      const { CommandInvocations } = await ask('ListCommandInvocations', { CommandId, Details: true });
      return new Map((CommandInvocations as CommandInvocation[]).map((one) => [one.InstanceId ?? '', one]));
    },
    states: async () => {
      const InstanceIds = nodes.map(({ instanceId }) => instanceId);
      const { InstancePatchStates } = await ask('DescribeInstancePatchStates', { InstanceIds });
      return new Map((InstancePatchStates as InstancePatchState[]).map((one) => [one.InstanceId ?? '', one]));
    },
    dispose,
  };
}

/** Asks until it is so; a server that is away for the moment has not answered yet. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS) {
  const deadline = performance.now() + patienceMs;
  for (let last: unknown = ''; ; ) {
    try {
      if (await isSo()) return;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`still not: ${what} ${last}`);
    await sleep(250);
  }
}

/** Every node is in the middle of the slow package: dpkg works. */
export function inTheMiddle(nodes: readonly LabNode[]): Promise<void> {
  const started = (node: LabNode) => existsSync(join(node.root.path, SLOW_MARKS.started));
  return until('dpkg is in the middle of its work on every node', () => nodes.every(started));
}

export function slowness(nodes: readonly LabNode[], seconds: number): Promise<unknown> {
  return Promise.all(nodes.map(({ root }) => setSlowness(root, seconds)));
}

/** dpkg's own journal proves it: each update was installed, configured once, and no package was touched twice. */
export async function assertInstalledOnce({ root }: LabNode): Promise<void> {
  const log = await readFile(join(root.path, 'var/log/dpkg.log'), 'utf8');
  // What happened before the run: the variant itself installs the old version.
  const counts = new Map<string, number>();
  for (const [, name = ''] of log.matchAll(/^\S+ \S+ upgrade (\S+?):\S+ /gm))
    counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const name of UPDATES) assert.equal(counts.get(name), 1, `${name} was installed ${counts.get(name)} times`);
  for (const [name, times] of counts) assert.equal(times, 1, `${name} was installed ${times} times`);
  assert.equal(
    (await versionsOf(root)).get('kintsugi-lab-slow:all') ?? (await versionsOf(root)).get('kintsugi-lab-slow'),
    '2.0',
  );
  assert.equal(await root.must(['dpkg', '--audit']), '');
}
