import { and, eq } from 'drizzle-orm';
import type { OperatingSystem } from '../../core/baselines/types.ts';
import type { Database } from '../../store/database.ts';
import { patchResult, patchState } from '../../store/schema/patch.ts';
import type { Call } from '../call.ts';
import { findNode } from '../managed-nodes/nodes.ts';
import { resourcesByTag } from '../tags/tags.ts';

/** What Patch Manager needs to know of a managed node. */
export interface PatchNode {
  /** null: the node did not tell it yet, or it is none that baselines are for. */
  readonly operatingSystem: OperatingSystem | null;
  /** `Debian12`; null where the operating system is. */
  readonly product: string | null;
}

/** Finds a managed node; null: there is none with this id in the account. */
export type FindPatchNode = (call: Pick<Call, 'db' | 'account'>, instanceId: string) => Promise<PatchNode | null>;

/** By what its last patch operation found out, else by what its agent says of the platform. */
export async function findPatchNode(
  { db, account }: Pick<Call, 'db' | 'account'>,
  instanceId: string,
): Promise<PatchNode | null> {
  const node = await findNode(db, account, instanceId);
  if (node === null) return null;
  const [found] = await db
    .select({ operatingSystem: patchState.operatingSystem, product: patchState.product })
    .from(patchState)
    .where(and(eq(patchState.account, account), eq(patchState.instanceId, instanceId)));
  return found ?? platformOf(node.platformName ?? '', node.platformVersion ?? '');
}

/** Names as agents tell them, which take them from os-release or from Windows; the first that fits counts. */
const PLATFORMS: readonly (readonly [pattern: RegExp, system: OperatingSystem, product: string])[] = [
  [/^microsoft windows/i, 'WINDOWS', ''],
  [/^ubuntu/i, 'UBUNTU', 'Ubuntu'],
  [/^debian/i, 'DEBIAN', 'Debian'],
  [/^raspbian/i, 'RASPBIAN', 'Raspbian'],
  [/^red hat enterprise linux/i, 'REDHAT_ENTERPRISE_LINUX', 'RedhatEnterpriseLinux'],
  [/^centos/i, 'CENTOS', 'CentOS'],
  [/^rocky linux/i, 'ROCKY_LINUX', 'RockyLinux'],
  [/^alma ?linux/i, 'ALMA_LINUX', 'AlmaLinux'],
  [/^oracle linux/i, 'ORACLE_LINUX', 'OracleLinux'],
  [/^(?:sles|suse)/i, 'SUSE', 'Suse'],
  [/^macos/i, 'MACOS', 'macOS'],
];

const AMAZON_LINUX: Readonly<Record<string, OperatingSystem>> = {
  '2': 'AMAZON_LINUX_2',
  '2022': 'AMAZON_LINUX_2022',
  '2023': 'AMAZON_LINUX_2023',
};

/** What a platform's name and version mean to Patch Manager: `Debian GNU/Linux`, `12` is `Debian12`. */
export function platformOf(name: string, version: string): PatchNode {
  if (/^amazon linux/i.test(name)) {
    const system = Object.hasOwn(AMAZON_LINUX, version) ? AMAZON_LINUX[version] : undefined;
    return { operatingSystem: system ?? 'AMAZON_LINUX', product: `AmazonLinux${version}` };
  }
  const known = PLATFORMS.find(([pattern]) => pattern.test(name));
  if (known === undefined) return { operatingSystem: null, product: null };
  const [, operatingSystem, product] = known;
  if (operatingSystem !== 'WINDOWS') return { operatingSystem, product: `${product}${version}` };
  // `Microsoft Windows Server 2019 Datacenter`: the version is that of the kernel.
  const [, release] = /server (20[0-9]{2}(?: r2)?)/i.exec(name) ?? [];
  return { operatingSystem, product: release ? `WindowsServer${release.toUpperCase().replace(' ', '')}` : null };
}

/** The ids of the nodes whose tag puts them into a patch group, in order. `Patch Group` goes before `PatchGroup`. */
export async function nodesOfPatchGroup(db: Database, account: string, group: string): Promise<string[]> {
  const tagged = (key: string, values?: readonly string[]) =>
    resourcesByTag(db, account, 'ManagedInstance', key, values);
  const first = await tagged('Patch Group', [group]);
  const second = await tagged('PatchGroup', [group]);
  if (second.length === 0) return first;
  const empty = new Set(await tagged('Patch Group', ['']));
  const elsewhere = new Set((await tagged('Patch Group')).filter((id) => !empty.has(id)));
  return [...first, ...second.filter((id) => !elsewhere.has(id))].sort();
}

/** When a node goes, what was known of its packages goes with it; what it told of available patches stays. */
export async function forgetPatchNode(db: Database, account: string, instanceId: string): Promise<void> {
  await db.delete(patchResult).where(and(eq(patchResult.account, account), eq(patchResult.instanceId, instanceId)));
  await db.delete(patchState).where(and(eq(patchState.account, account), eq(patchState.instanceId, instanceId)));
}
