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
