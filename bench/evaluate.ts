import { gather } from '../src/control/patch-manager/scan.ts';
import { EMPTY_KNOWLEDGE } from '../src/core/advisories/knowledge.ts';
import { predefinedFor } from '../src/core/baselines/predefined.ts';
import { evaluate, evaluator } from '../src/core/compliance/evaluate.ts';
import { localTarget } from '../src/platforms/targets/local.ts';
import type { BenchRow } from './row.ts';

/** Judging one real host, alone and as one of a fleet whose evaluator has seen its like. */
export async function benchEvaluate(): Promise<BenchRow[]> {
  const inventory = await gather(localTarget(), { full: false, now: () => new Date() }).catch(() => null);
  if (inventory === null) return [];
  const baseline = predefinedFor(inventory.target.os.operatingSystem);
  const now = new Date();
  const options = { firstSeen: () => null };
  const fleet = evaluator(EMPTY_KNOWLEDGE, baseline, now, options);
  const alone = best(() => evaluate(inventory, EMPTY_KNOWLEDGE, baseline, now, options));
  const shared = best(() => fleet(inventory));
  const what = `${inventory.packages.length} packages, ${inventory.updates.length} updates`;
  const row = (job: string, ours: number): BenchRow => ({
    job,
    ours: `${ours.toFixed(2)} ms`,
    theirs: '–',
    versus: 'nothing to compare with',
    ratio: null,
    note: what,
  });
  return [row('judge a host by a baseline, the first', alone), row('judge a host by a baseline, in a fleet', shared)];
}

/** Milliseconds of one call: the best of many batches, so that other load counts little. */
function best(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < 30; batch += 1) {
    const start = performance.now();
    for (let call = 0; call < 50; call += 1) work();
    least = Math.min(least, (performance.now() - start) / 50);
  }
  return least;
}
