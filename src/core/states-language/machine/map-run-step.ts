/** Where a map run stands: children (executions) and the items in them. */
export interface MapRunTally {
  /** Child executions: all there will be, begun, running now. */
  readonly children: number;
  readonly begun: number;
  readonly running: number;
  readonly items: number;
  /** Items of children that failed, timed out or were stopped. */
  readonly failedItems: number;
  /** 0 for no limit of the definition's. */
  readonly concurrency: number;
  readonly toleratedCount: number;
  readonly toleratedPercentage: number;
}

export const EXCEEDED = {
  error: 'States.ExceedToleratedFailureThreshold',
  cause: 'The specified tolerated failure threshold was exceeded',
} as const;

/** Children that run at the same time where the definition has no limit, or a larger one. AWS has 10,000. */
export const MOST_RUNNING_CHILDREN = 1000;

/** `start`: so many more children may begin (also none); `stop`: it has failed, what runs is stopped. */
export type MapRunStep =
  | { readonly type: 'start'; readonly most: number }
  | { readonly type: 'stop' }
  | { readonly type: 'over' };

/**
 * What a map run does next. Without any tolerance the first failure ends it; with both kinds either one does.
 * https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
 */
export function mapRunStep(tally: MapRunTally): MapRunStep {
  if (isExceeded(tally)) return { type: 'stop' };
  if (tally.begun >= tally.children && tally.running === 0) return { type: 'over' };
  const { concurrency } = tally;
  const limit = concurrency === 0 ? MOST_RUNNING_CHILDREN : Math.min(concurrency, MOST_RUNNING_CHILDREN);
  const room = Math.max(0, limit - tally.running);
  return { type: 'start', most: Math.min(room, tally.children - tally.begun) };
}

function isExceeded({ failedItems, items, toleratedCount, toleratedPercentage }: MapRunTally): boolean {
  if (failedItems === 0) return false;
  if (toleratedCount === 0 && toleratedPercentage === 0) return true;
  const byCount = toleratedCount > 0 && failedItems > toleratedCount;
  const byShare = toleratedPercentage > 0 && (failedItems * 100) / items > toleratedPercentage;
  return byCount || byShare;
}
