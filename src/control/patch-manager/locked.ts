import { KintsugiError } from '../../core/errors.ts';
import { composeHolders, describeHolder, parseHolders } from '../../platforms/apt/holders.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import { newNonce } from './nonce.ts';

const HOLDERS_TIMEOUT_MS = 30_000;

/** The error for a lock that did not come free: it names the process that holds it, where that can be known. */
export async function lockedError(target: ScriptTarget, said: string): Promise<KintsugiError> {
  const nonce = newNonce();
  const holders = await target
    .read(composeHolders(nonce, target.root), { timeoutMs: HOLDERS_TIMEOUT_MS })
    .then(({ stdout }) => parseHolders(stdout, nonce))
    .catch(() => []);
  const who = holders.map((holder) => ` ${describeHolder(holder)}`).join('');
  return new KintsugiError('Locked', `${target.address}: ${said}${who}`, { details: { holders } });
}
