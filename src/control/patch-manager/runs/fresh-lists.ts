import type { Inventory } from '../../../core/compliance/inventory.ts';
import { KintsugiError } from '../../../core/errors.ts';
import { visible } from '../../../core/visible.ts';
import type { ScriptTarget } from '../../../platforms/targets/target.ts';
import { isIdle } from '../patch.ts';
import { refresh } from '../scan.ts';

/** What became of a node's package lists before a run judged by them. */
export type ListsRefresh =
  | { readonly outcome: 'fetched' }
  /** They were fetched within the last minutes, by an earlier leader of the run or by anyone. */
  | { readonly outcome: 'fresh' }
  | { readonly outcome: 'failed'; readonly said: string }
  | { readonly outcome: 'not-tried'; readonly why: 'scan-only' | 'plain-user' | 'busy' };

const MINUTE_MS = 60_000;
/** Fetching again after so short a time brings nothing: a run that begins anew comes here a second time. */
const FRESH_MS = 10 * MINUTE_MS;
const LOCK_TIMEOUT_SECONDS = 120;
/** apt's own words on each source that failed may be many; the others are on the node. */
const LONGEST_SAID = 500;

/**
 * Fetches the package lists of a node as `kintsugi scan --refresh` does, unless they are fresh or the node may not be
 * changed. `seen` is what a look just told of it. A fetch that fails is an answer and no error: the run goes on with the
 * lists that are there. Throws KintsugiError where the node cannot be reached or the command is over.
 */
export async function freshLists(
  target: ScriptTarget,
  seen: Inventory,
  given: { readonly now: () => Date; readonly mayChange: () => Promise<boolean> },
): Promise<ListsRefresh> {
  if (areFresh(seen, given.now())) return { outcome: 'fresh' };
  // Asked last thing before the change: a node can become scan-only at any time.
  if (!(await given.mayChange())) return { outcome: 'not-tried', why: 'scan-only' };
  if (seen.evidence.asRoot === false) return { outcome: 'not-tried', why: 'plain-user' };
  // An installation compares what apt wants with its plan before each step: other lists would stop it half way.
  if (!isIdle(seen)) return { outcome: 'not-tried', why: 'busy' };
  try {
    await refresh(target, LOCK_TIMEOUT_SECONDS);
    return { outcome: 'fetched' };
  } catch (error) {
    if (!(error instanceof KintsugiError) || !GOES_ON.has(error.code)) throw error;
    return { outcome: 'failed', said: visible(error.message).slice(0, LONGEST_SAID) };
  }
}

const GOES_ON: ReadonlySet<KintsugiError['code']> = new Set(['RefreshFailed', 'Locked', 'Permission', 'ProbeFailed']);

/** Lists that lack something, or have expired, are fetched again however new they are. */
function areFresh({ evidence }: Inventory, now: Date): boolean {
  const { listsUpdatedAt, problems } = evidence;
  if (listsUpdatedAt === null || problems.some(({ code }) => code.startsWith('lists-'))) return false;
  // A clock that differs a little makes a fetch of just now one of the future.
  return Math.abs(now.getTime() - Date.parse(listsUpdatedAt)) < FRESH_MS;
}

/** The evidence of a node with a fetch that failed among its problems. By itself that makes nothing unknown: old lists do. */
export function withRefresh(inventory: Inventory, lists: ListsRefresh | null): Inventory {
  if (lists?.outcome !== 'failed') return inventory;
  const problem = { code: 'refresh-failed', unknown: false, message: lists.said, next: null } as const;
  const { evidence } = inventory;
  return { ...inventory, evidence: { ...evidence, problems: [...evidence.problems, problem] } };
}

const NOT_TRIED = {
  'scan-only': 'this node is scan-only',
  'plain-user': 'the agent runs as a plain user; run it as root, or fetch them there some other way',
  busy: 'another run is at work on the node',
} as const;

/** One line for the output of a run; null where there is nothing that its reader has to know. */
export function refreshText(lists: ListsRefresh | null, { evidence }: Inventory): string | null {
  if (lists === null) return null;
  if (lists.outcome === 'fetched') return 'package lists: fetched by this run';
  if (lists.outcome === 'fresh') return 'package lists: not fetched again, for they are minutes old';
  if (lists.outcome === 'failed') return 'package lists: NOT fetched by this run, see refresh-failed';
  const isOld = !(Date.parse(evidence.gatheredAt) - Date.parse(evidence.listsUpdatedAt ?? '') < DAY_MS);
  if (lists.why === 'scan-only' && !isOld) return null;
  return `package lists: not fetched by this run: ${NOT_TRIED[lists.why]}`;
}

const DAY_MS = 24 * 60 * MINUTE_MS;
