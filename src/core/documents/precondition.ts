import type { ParameterValues } from './resolve.ts';
import type { Platform, Precondition } from './types.ts';

const REFERENCE = /^\{\{\s*([A-Za-z0-9_\-.]+)\s*\}\}$/;

/**
 * Whether a step applies to a node. The agent judges the same by itself; the server asks in order to know beforehand
 * whether a document has anything to do there. A reference to something unknown equals nothing.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
 */
export function preconditionHolds(
  precondition: Precondition | null,
  platform: Platform,
  values: ParameterValues,
): boolean {
  if (precondition === null) return true;
  const [left, right] = precondition.stringEquals.map((side) => sideOf(side, platform, values));
  return left !== null && left === right;
}

function sideOf(written: string, platform: Platform, values: ParameterValues): string | null {
  if (written === 'platformType') return platform;
  const name = REFERENCE.exec(written)?.[1];
  if (name === undefined) return written;
  if (name === 'platformType') return platform;
  const value = values.get(name);
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const PLATFORM = 'platformType';
/** Agents compare the platform with a word; no platform is called so. */
const NEVER: Precondition = { stringEquals: [PLATFORM, 'None'] };

/**
 * One precondition for two that both have to hold; null: always. The values of parameters are known, so that nothing but
 * the platform is left for the agent to judge. `outer` was joined before and holds no reference any more.
 */
export function joinPreconditions(
  outer: Precondition | null,
  inner: Precondition | null,
  values: ParameterValues,
): Precondition | null {
  const own = inner === null ? null : settled(inner, values);
  if (outer === null || own === null) return outer ?? own;
  const [mine, other] = [outer.stringEquals[1], own.stringEquals[1]];
  return mine.toLowerCase() === other.toLowerCase() ? own : NEVER;
}

function settled({ stringEquals }: Precondition, values: ParameterValues): Precondition | null {
  const isPlatform = (side: string) => side === PLATFORM || REFERENCE.exec(side)?.[1] === PLATFORM;
  const [left, right] = stringEquals;
  const text = (side: string) => sideOf(side, 'Linux', values);
  if (isPlatform(left) && isPlatform(right)) return null;
  if (!isPlatform(left) && !isPlatform(right)) return text(left) !== null && text(left) === text(right) ? null : NEVER;
  const wanted = text(isPlatform(left) ? right : left);
  return wanted === null ? NEVER : { stringEquals: [PLATFORM, wanted] };
}
