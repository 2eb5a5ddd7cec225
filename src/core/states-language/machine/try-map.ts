import { isObject } from '../definition/parse.ts';
import type { Json } from '../json.ts';
import { batchesOf } from './batches.ts';
import { complete } from './complete.ts';
import { openGroup } from './group.ts';
import { selectAll } from './map-items.ts';
import type { Sight } from './sight.ts';
import type { GroupLimits, Trial } from './trial.ts';

type Limits = Pick<GroupLimits, 'concurrency' | 'toleratedCount' | 'toleratedPercentage'>;

/** A Map that is tried alone: what its items become is told, and none of them begins; a mock says the end. */
export async function tryMap(
  at: Sight,
  trial: Trial,
  items: readonly Json[],
  input: Json,
  limits: Limits,
): Promise<void> {
  const { scope, node } = at;
  const chosen = await selectAll(at, items, input);
  trial.value('afterItemSelector', JSON.stringify(chosen));
  const isBatched = isObject(node.fields.ItemBatcher);
  const inputs = isBatched ? await batchesOf(at, chosen, input) : chosen;
  if (isBatched) trial.value('afterItemBatcher', JSON.stringify(inputs));
  openGroup(scope, { kind: 'map', total: inputs.length, next: 0, running: 0, failed: 0, ...limits });
  if (inputs.length === 0) await complete(at);
}
