import { preconditionHolds } from './precondition.ts';
import type { ParameterValues } from './resolve.ts';
import { type Json, PLATFORMS, type Platform, type SsmDocument, type Step } from './types.ts';

/** What the agent gives a step without a time-out of its own. */
const DEFAULT_SECONDS = 3600;
/** The agent takes no other ones. */
const [LEAST, MOST] = [5, 172_800];

/**
 * How long a run of a document may take on a node, in seconds: its steps' time-outs added up, on the platform where
 * that is longest. https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
 */
export function executionSeconds(document: Pick<SsmDocument, 'steps'>, values: ParameterValues): number {
  return Math.max(...PLATFORMS.map((platform) => secondsOn(platform, document.steps, values)));
}

function secondsOn(platform: Platform, steps: readonly Step[], values: ParameterValues): number {
  return steps
    .filter(({ precondition }) => preconditionHolds(precondition, platform, values))
    .reduce((sum, { timeoutSeconds }) => sum + seconds(timeoutSeconds, values), 0);
}

function seconds(written: Json, values: ParameterValues): number {
  const name = typeof written === 'string' ? /^\{\{\s*([A-Za-z0-9_\-.]+)\s*\}\}$/.exec(written)?.[1] : undefined;
  const value = name === undefined ? written : (values.get(name) ?? null);
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  if (!Number.isFinite(number) || number <= 0) return DEFAULT_SECONDS;
  return Math.min(Math.max(Math.ceil(number), LEAST), MOST);
}
