import { join } from 'node:path';
import { type Registration, readdress, readRegistration, register } from '../../agent/registration.ts';
import { readState, removeState, writeState } from '../../agent/state-file.ts';
import type { StateFolder } from '../../agent/state-folder.ts';
import { removeAgentState } from '../../agent/uninstall.ts';
import { parseObject } from '../../agent/wire.ts';
import { makeScanOnly } from '../../control/managed-nodes/activations.ts';
import { findNode } from '../../control/managed-nodes/nodes.ts';
import { limitNode } from '../../control/run-command/limit-node.ts';
import { KintsugiError } from '../../core/errors.ts';
import { ACCOUNT, type Server } from '../../gateway/run-server.ts';

const ACTIVATION_MS = 3_600_000;

export interface OwnNode {
  readonly instanceId: string;
  readonly isScanOnly: boolean;
  readonly isNew: boolean;
  /** What this machine was, where the server no longer knows that node. */
  readonly formerly: string | null;
}

interface Activation {
  readonly activationId: string;
  readonly activationCode: string;
}

/**
 * Makes the server's own machine a managed node through the registration that every node goes through, or finds that it
 * is one. A kill at any point leaves one node at the most: the activation is on disk before it is used, and the server
 * answers the same key and activation with the same node. Errors: those of a registration.
 */
export async function enrol(
  server: Server,
  folder: StateFolder,
  { region, isScanOnly }: { readonly region: string; readonly isScanOnly: boolean },
): Promise<OwnNode> {
  const { db } = server.store;
  const existing = await readRegistration(folder);
  const isKnown = existing !== null && (await findNode(db, ACCOUNT, existing.instanceId)) !== null;
  if (existing !== null && !isKnown) await removeAgentState(folder);
  const registration = isKnown ? existing : await registerAnew(server, folder, region, isScanOnly);
  const { instanceId } = registration;
  const call = server.inside.call();
  const by = { principal: call.principal.arn, requestId: call.requestId, now: call.now };
  await limitNode(db, { ...by, account: ACCOUNT, instanceId, isScanOnly });
  await readdress(folder, registration, { endpoint: server.localUrl, region, allowHttp: true });
  await removeState(activationFile(folder)).catch(() => {});
  return { instanceId, isScanOnly, isNew: !isKnown, formerly: isKnown ? null : (existing?.instanceId ?? null) };
}

async function registerAnew(
  server: Server,
  folder: StateFolder,
  region: string,
  isScanOnly: boolean,
): Promise<Registration> {
  const use = (activation: Activation) => {
    const request = { endpoint: server.localUrl, region, ca: null, allowHttp: true, ...activation };
    return register(folder, request, new Date());
  };
  const begun = readActivation((await readState(activationFile(folder))) ?? '');
  if (begun !== null) {
    try {
      return await use(begun);
    } catch (error) {
      // It has expired, or is of a store that is gone.
      if (!(error instanceof KintsugiError) || error.code !== 'RegistrationRefused') throw error;
    }
  }
  const activation = await newActivation(server, isScanOnly);
  await writeState(activationFile(folder), `${JSON.stringify(activation)}\n`);
  return use(activation);
}

async function newActivation({ store, inside }: Server, isScanOnly: boolean): Promise<Activation> {
  const made = await inside.run('CreateActivation', {
    IamRole: 'kintsugi-own-node',
    Description: "made by kintsugi up for the server's own machine",
    RegistrationLimit: 1,
    ExpirationDate: new Date(Date.now() + ACTIVATION_MS),
  });
  const { ActivationId: activationId, ActivationCode: activationCode } = made;
  // Nobody has its code yet.
  if (isScanOnly) await makeScanOnly(store.db, ACCOUNT, activationId);
  return { activationId, activationCode };
}

function activationFile({ path }: StateFolder): string {
  return join(path, 'activation.json');
}

function readActivation(text: string): Activation | null {
  const { activationId, activationCode } = parseObject(text) ?? {};
  return typeof activationId === 'string' && typeof activationCode === 'string'
    ? { activationId, activationCode }
    : null;
}
