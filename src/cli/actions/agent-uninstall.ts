import { resolve } from 'node:path';
import { readRegistration } from '../../agent/registration.ts';
import { stateFolder } from '../../agent/state-folder.ts';
import { removeAgentState } from '../../agent/uninstall.ts';
import { KintsugiError } from '../../core/errors.ts';
import { confirm } from './confirm.ts';

/** Removes the agent's state, and says how the server gets to know. */
export async function uninstallNode(state: string, yes: boolean): Promise<void> {
  const folder = stateFolder(resolve(state));
  // A registration that cannot be read is a reason to remove it.
  const registration = await readRegistration(folder).catch(() => null);
  const who = registration === null ? '' : ` of ${registration.instanceId}`;
  if (!yes) {
    if (!process.stdin.isTTY) {
      throw new KintsugiError('Usage', `this removes the key and the state${who} in ${folder.path}`, {
        advice: 'Add --yes to do so.',
      });
    }
    if (!(await confirm(`Remove the key and the state${who} in ${folder.path}?`))) return;
  }
  await removeAgentState(folder);
  process.stdout.write(`Removed the key and the state${who} in ${folder.path}.\n`);
  if (registration === null) return;
  const { instanceId, region, endpoint } = registration;
  process.stdout.write(
    `The server still lists the node. There:\n  aws ssm deregister-managed-instance --instance-id ${instanceId} --region ${region} --endpoint-url ${endpoint}\n`,
  );
}
