import { KintsugiError } from '../../core/errors.ts';
import type { ScriptOutcome } from './shell-process.ts';

/** `shutdown` did not take the order, for instance where no init system runs that could. */
export function rebootError(who: string, outcome: ScriptOutcome): KintsugiError {
  const said = outcome.stderr.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
  return new KintsugiError('RebootFailed', `${who} could not be told to restart${said === '' ? '' : `: ${said}`}.`);
}
