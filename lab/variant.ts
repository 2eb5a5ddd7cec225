import type { LabRoot } from './root.ts';

/** A kind of root to test on, healthy or broken as it happens in life. */
export interface Variant {
  /** What is special about it, in one line. */
  readonly about: string;
  /** What it is made from: Debian alone, or with the local archive of the lab's own packages as a source. */
  readonly from: 'debian' | 'archive';
  /** True where a process has to stay for it, such as the holder of a lock: it ends with its maker at the latest. */
  readonly lives?: boolean;
  /** Makes a fresh root so, by the tools that do it in life; answers what a test has to know. */
  readonly apply: (root: LabRoot) => Promise<Record<string, string>>;
}
