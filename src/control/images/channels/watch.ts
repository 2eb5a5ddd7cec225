import type { Database } from '../../../store/database.ts';
import { endOverdueApprovals } from './approval-end.ts';
import { deletePruned } from './delete-pruned.ts';

const BEAT_MS = 5000;
const FILES_MS = 30_000;

export interface WatchOptions {
  readonly db: Database;
  readonly account: string;
  readonly images: string;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
}

/** Ends approvals whose time is over, and deletes the files of pruned images, as long as the server runs. */
export function watchImages(options: WatchOptions): { stop(): Promise<void> } {
  const { db, now, onError } = options;
  const told = new Set<string>();
  const watches = [
    every(BEAT_MS, () => endOverdueApprovals(db, now()), onError),
    // Files that another user made stay: told once, not twice a minute.
    every(
      FILES_MS,
      () => deletePruned(options),
      (error) => {
        const text = String(error);
        if (!told.has(text)) onError(error);
        told.add(text);
      },
    ),
  ];
  return { stop: async () => void (await Promise.all(watches.map((watch) => watch.stop()))) };
}

function every(
  ms: number,
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
): { stop(): Promise<unknown> } {
  let running: Promise<unknown> | null = null;
  const timer = setInterval(() => {
    running ??= work()
      .catch(onError)
      .finally(() => {
        running = null;
      });
  }, ms);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
