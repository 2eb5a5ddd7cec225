import type { Change } from '../../control/patch-manager/changes.ts';
import type { PatchPlan } from '../../control/patch-manager/plan.ts';
import type { RunEnd } from '../../control/patch-manager/run.ts';
import type { Judged } from '../../control/patch-manager/scan.ts';
import type { KintsugiError } from '../../core/errors.ts';
import type { Session } from './look.ts';

/** Everything that there is to tell about one patch run. */
export interface PatchOutcome {
  readonly session: Session;
  readonly again: string;
  /** The arguments that install what a dry run shows. */
  readonly installAgain: string;
  readonly dryRun: boolean;
  readonly before: Judged;
  readonly plan: PatchPlan;
  /** dpkg was mended first, or with a dry run would have to be. */
  readonly repair: 'none' | 'done' | 'needed';
  /** null: nothing was installed. */
  readonly end: RunEnd | null;
  readonly changes: readonly Change[];
  readonly conffilesKept: readonly { readonly name: string; readonly path: string }[];
  readonly after: Judged | null;
  readonly error: KintsugiError | null;
  readonly rebooting: boolean;
}
