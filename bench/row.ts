/** One comparison of speeds, measured side by side in one run. */
export interface BenchRow {
  readonly job: string;
  /** Our time, with its unit. */
  readonly ours: string;
  /** The time of what a user would pick instead, with its unit. */
  readonly theirs: string;
  /** What that is. */
  readonly versus: string;
  /** Their time over ours: above 1 we are faster. Null where the other one could not be measured. */
  readonly ratio: number | null;
  readonly note?: string;
}
