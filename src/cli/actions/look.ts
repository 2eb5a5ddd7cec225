import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AdvisoryData } from '../../control/patch-manager/advisory-sources.ts';
import { openFirstSeen } from '../../control/patch-manager/first-seen.ts';
import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { gather, type Judged, judgeInventory, refresh } from '../../control/patch-manager/scan.ts';
import type { Knowledge } from '../../core/advisories/types.ts';
import type { PatchBaseline } from '../../core/baselines/types.ts';
import type { FailedInstalls } from '../../core/compliance/context.ts';
import type { Inventory } from '../../core/compliance/inventory.ts';
import { KintsugiError } from '../../core/errors.ts';
import { localTarget } from '../../platforms/targets/local.ts';
import { rootTarget } from '../../platforms/targets/root.ts';
import { sshTarget } from '../../platforms/targets/ssh.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import type { LookOptions } from '../commands/options.ts';
import { startProgress } from '../progress.ts';

/** What a command that looks at a machine works with. */
export interface Session {
  readonly target: ScriptTarget;
  readonly inventory: Inventory;
  readonly baseline: PatchBaseline;
  /** Where the baseline comes from, for people: a path or `predefined`. */
  readonly from: string;
  readonly knowledge: Knowledge;
  /** Gathers and judges anew. */
  look(failed?: FailedInstalls): Promise<Judged>;
  judge(inventory: Inventory, failed?: FailedInstalls): Promise<Judged>;
}

export async function openSession(options: LookOptions): Promise<Session> {
  const target = openTarget(options);
  // A baseline that is wrong is told before any machine is bothered.
  const found = options.baseline === undefined ? null : await (await parts.baselines()).findBaseline(options.baseline);
  const progress = startProgress(`looking at ${target.address}`);
  try {
    if (options.refresh) {
      progress.say('fetching the package lists');
      await refresh(target, options.lockTimeout);
      progress.say(`looking at ${target.address}`);
    }
    const probe = () => gather(target, { full: options.full ?? false, now: () => new Date() });
    const gathering = probe();
    gathering.catch(() => {});
    // What comes after the answer is loaded and read while the machine thinks about it.
    const [{ baselineFor }, { changelogsFor }, { buildKnowledge }, { compareIn }, advisories] = await Promise.all([
      parts.baselines(),
      import('../../control/patch-manager/changelogs.ts'),
      import('../../core/advisories/knowledge.ts'),
      import('../../core/advisories/ecosystem-versions.ts'),
      readAdvisories(options.advisories),
    ]);
    const inventory = await gathering;
    const { baseline, from, warnings } = baselineFor(found, inventory.target.os.operatingSystem);
    if (options.changelogs) progress.say('fetching changelogs');
    const changelogs = await changelogsFor(target, inventory, {
      home: kintsugiHome(),
      fetch: options.changelogs ?? false,
    });
    const knowledge = buildKnowledge({ ...advisories, changelogs: changelogs.bySource, compare: compareIn });
    progress.stop();
    if (changelogs.missing.length > 0) {
      const named = changelogs.missing.slice(0, 3).join(', ');
      process.stderr.write(`kintsugi: warning: ${changelogs.missing.length} changelogs could not be had: ${named}\n`);
    }
    if (baseline.Sources.length > 0) {
      process.stderr.write(
        `kintsugi: warning: ${from} names Sources; the repositories of the machine itself are used.\n`,
      );
    }
    for (const warning of warnings) process.stderr.write(`kintsugi: warning: ${warning.message}\n`);
    const seen = await openFirstSeen(kintsugiHome(), inventory.target.os.ecosystem);
    const judge = (gathered: Inventory, failed?: FailedInstalls) =>
      judgeInventory(gathered, {
        baseline,
        knowledge,
        seen,
        now: new Date(),
        ...(failed === undefined ? {} : { failed }),
      });
    return {
      target,
      inventory,
      baseline,
      from,
      knowledge,
      judge,
      look: async (failed) => judge(await probe(), failed),
    };
  } finally {
    progress.stop();
  }
}

/** Loaded when needed: reading YAML alone costs as much as starting up. */
const parts = {
  baselines: () => import('../../control/patch-manager/baseline-source.ts'),
  advisories: () => import('../../control/patch-manager/advisory-sources.ts'),
};

export function openTarget(options: LookOptions): ScriptTarget {
  if (options.offline && options.root === undefined)
    throw new KintsugiError('Usage', '--offline goes with --root DIR.');
  if (options.root !== undefined) return rootTarget(options.root, { offline: options.offline ?? false });
  return options.ssh === undefined ? localTarget() : sshTarget(options.ssh);
}

export async function readAdvisories(paths: readonly string[] | undefined): Promise<Omit<AdvisoryData, 'sources'>> {
  const usual = join(kintsugiHome(), 'advisories');
  const wanted = paths ?? (existsSync(usual) ? [usual] : []);
  if (wanted.length === 0) return { advisories: [], exploited: [], epss: [] };
  return (await parts.advisories()).loadAdvisories(wanted);
}

/** The arguments that lead to the same target and baseline again, for commands to copy. */
export function againArguments(session: Session, options: LookOptions): string {
  const baseline =
    options.baseline === undefined
      ? ''
      : `--baseline ${/^[A-Za-z0-9_./:-]+$/.test(options.baseline) ? options.baseline : `'${options.baseline.replaceAll("'", `'\\''`)}'`}`;
  return [session.target.again, baseline, options.full ? '--full' : ''].filter((word) => word !== '').join(' ');
}
