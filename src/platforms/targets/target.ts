import type { Target } from '../../core/compliance/inventory.ts';
import type { RunOptions, ScriptOutcome } from './shell-process.ts';

/** A machine, or the root filesystem of one, that POSIX sh scripts can be run on. */
export interface ScriptTarget {
  readonly access: Target['access'];
  /** What a person calls it: `this machine`'s hostname, the path of the root, USER@HOST. */
  readonly address: string;
  /** The root filesystem for a script that looks at it from outside; null where the script runs inside the target. */
  readonly root: string | null;
  /** Options to repeat on a command line that is meant for the same target, e.g. `--root /mnt/x`. */
  readonly again: string;
  /** Runs a script that only reads. Throws catalogue errors where the target cannot be reached at all. */
  read(script: string, options: RunOptions): Promise<ScriptOutcome>;
  /** Runs a script that may change the target, as its root user. */
  change(script: string, options: RunOptions): Promise<ScriptOutcome>;
  /** Starts a script that lies on the target, detached: neither a closed terminal nor the end of this process ends it. */
  launch(path: string): Promise<void>;
  /** Seconds that a question about a run may wait for its end on the target; 0 where asking costs little. */
  readonly waitSeconds: number;
  /** Restarts the machine in a minute; null where there is nothing to restart. */
  readonly reboot: ((message: string) => Promise<void>) | null;
}
