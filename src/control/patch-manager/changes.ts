import { identity } from '../../core/compliance/context.ts';
import type { InstalledPackage, Inventory, PackageVersion } from '../../core/compliance/inventory.ts';
import type { PlannedInstall } from '../../platforms/apt/install.ts';
import type { LeftOut } from './plan.ts';
import type { RunEnd } from './run.ts';

export interface Change {
  readonly name: string;
  readonly architecture: string;
  readonly from: string | null;
  readonly to: string | null;
  /** False: it changed although it was not in the plan. */
  readonly planned: boolean;
}

/** What is different between two looks at a target, by version. */
export function changesBetween(
  before: readonly PackageVersion[],
  after: readonly PackageVersion[],
  installs: readonly PlannedInstall[],
): Change[] {
  const old = new Map(before.map((one) => [identity(one), one]));
  const planned = new Set(installs.map((one) => `${identity(one)}=${one.to ?? ''}`));
  const changes: Change[] = [];
  const add = (one: PackageVersion, from: string | null, to: string | null) =>
    changes.push({
      name: one.name,
      architecture: one.architecture,
      from,
      to,
      planned: planned.has(`${identity(one)}=${to ?? ''}`),
    });
  for (const one of after) {
    const was = old.get(identity(one));
    old.delete(identity(one));
    if (was?.version !== one.version) add(one, was?.version ?? null, one.version);
  }
  // A package that changed between `all` and the machine's own architecture was not removed: it is the one that came.
  for (const gone of [...old.values()]) {
    const came = changes.findIndex(
      ({ name, architecture, from }) =>
        name === gone.name && from === null && (architecture === 'all' || gone.architecture === 'all'),
    );
    const change = changes[came];
    if (change === undefined) continue;
    changes[came] = { ...change, from: gone.version };
    old.delete(identity(gone));
  }
  for (const gone of old.values()) add(gone, gone.version, null);
  return changes.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Packages that did not come to their version, or not all the way, with what dpkg or apt said of them in the log. */
export function failures(
  installs: readonly PlannedInstall[],
  after: readonly InstalledPackage[],
  end: RunEnd,
): ReadonlyMap<string, string> {
  const now = new Map(after.map((one) => [identity(one), one]));
  const failed = new Map<string, string>();
  for (const one of installs) {
    const here = now.get(identity(one));
    if (one.to === null || (here?.version === one.to && here.status === 'installed')) continue;
    failed.set(identity(one), saidOf(one.name, end.log) ?? `${end.result}${end.detail ? `: ${end.detail}` : ''}`);
  }
  return failed;
}

/*
 * dpkg: error processing package kintsugi-lab-fails (--configure):
 *  installed kintsugi-lab-fails package post-installation script subprocess returned error exit status 1
 * dpkg: error processing archive /var/cache/kintsugi/archives/jq_1.6-2.1_amd64.deb (--unpack):
 */
function saidOf(name: string, log: string): string | null {
  const lines = log.split('\n');
  const at = lines.findIndex((line) => {
    const subject = /^dpkg: error processing (?:package|archive) (\S+) /.exec(line)?.[1] ?? '';
    return subject.replace(/:[a-z0-9-]+$/, '') === name || subject.split('/').at(-1)?.split('_')[0] === name;
  });
  return at === -1 ? null : (lines[at + 1] ?? lines[at] ?? '').trim().slice(0, 300);
}

/** The inventory with what a run left out for its configuration files marked so: a probe alone cannot tell. */
export function withLeftOut(inventory: Inventory, leftOut: readonly LeftOut[]): Inventory {
  const asking = new Map(
    leftOut.filter(({ reason }) => reason === 'conffile-blocked').map((one) => [identity(one), one.detail]),
  );
  if (asking.size === 0) return inventory;
  const updates = inventory.updates.map((update) => {
    const detail = asking.get(identity(update));
    return detail === undefined ? update : { ...update, blocked: { reason: 'conffile-blocked' as const, detail } };
  });
  return { ...inventory, updates };
}
