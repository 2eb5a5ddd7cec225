import type { OperatingSystem } from '../../core/baselines/types.ts';
import type { Database } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { resourcesByTag, tagsOf } from '../tags/tags.ts';

/** What Patch Manager needs to know of a managed node. */
export interface PatchNode {
  /** null: the node did not tell it, or it is none that baselines are for. */
  readonly operatingSystem: OperatingSystem | null;
  /** `Debian12`; null where the operating system is. */
  readonly product: string | null;
}

/** Finds a managed node; null: there is none with this id in the account. */
export type FindPatchNode = (call: Call, instanceId: string) => Promise<PatchNode | null>;

/** AWS looks at both keys, their case counts. Where a node has both, the first one holds. */
const GROUP_TAGS = ['Patch Group', 'PatchGroup'] as const;

/** The patch group of a node: the value of its tag; null: it is in none. */
export async function patchGroupOf(db: Database, account: string, instanceId: string): Promise<string | null> {
  const tags = new Map((await tagsOf(db, account, 'ManagedInstance', instanceId)).map((tag) => [tag.Key, tag.Value]));
  return GROUP_TAGS.map((key) => tags.get(key)).find((value) => value !== undefined) || null;
}

/** The ids of the nodes whose tag puts them into a patch group, in order. */
export async function nodesOfPatchGroup(db: Database, account: string, group: string): Promise<string[]> {
  const [first, second, otherwise] = await Promise.all([
    resourcesByTag(db, account, 'ManagedInstance', GROUP_TAGS[0], [group]),
    resourcesByTag(db, account, 'ManagedInstance', GROUP_TAGS[1], [group]),
    resourcesByTag(db, account, 'ManagedInstance', GROUP_TAGS[0]),
  ]);
  const elsewhere = new Set(otherwise);
  return [...first, ...second.filter((id) => !elsewhere.has(id))].sort();
}
