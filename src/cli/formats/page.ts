import type { ScanReport } from '../../core/compliance/types.ts';
import { visible } from '../../core/visible.ts';
import type { Palette } from '../style.ts';

/** What the parts of the table share: where they are printed, and what the report is compared with. */
export interface Page {
  readonly report: ScanReport;
  readonly palette: Palette;
  /** Columns; `Infinity` where it is no terminal: then nothing is wrapped. */
  readonly width: number;
  /** Every installed package is listed as well. */
  readonly all: boolean;
  /** The arguments that lead to the same target and baseline, with a space before them; or empty. */
  readonly again: string;
}

/**
 * A command that mends a problem, for the target of this page. The platform that names the problem does not know how
 * the target was reached, so its own `kintsugi` commands get the arguments that lead there.
 */
export function remedy(next: string, { again }: Page): string {
  const command = next.includes(again) ? next : next.replace(/^kintsugi [a-z]+/, (start) => start + again);
  return visible(command);
}
