import type { PatchResult, ScanReport } from '../../core/compliance/types.ts';
import { visible } from '../../core/visible.ts';
import { paint } from '../style.ts';
import type { Page } from './page.ts';
import { detailKey, detailLines } from './patch-details.ts';
import { type Columns, columnsOf, detailIndent, headingLine, presentLines, rowLines, rowOf } from './patch-rows.ts';
import { byUrgency, REASON_WORDS, type Section, sections } from './sections.ts';
import { countLines, nextLines, rebootLines } from './table-foot.ts';
import { statusLines, targetLines } from './table-head.ts';

export interface TableOptions {
  readonly color: boolean;
  /** Columns of the terminal; null where it is none. */
  readonly width: number | null;
  readonly all: boolean;
  /** The arguments that lead to the same target and baseline: `--root /mnt/x`. */
  readonly again?: string;
}

const NARROWEST = 40;
/** For terminals that do not know their width. */
const USUAL_WIDTH = 100;

/** The report for a person: the verdict first, then what to mend, most urgent first, and the commands to copy. */
export function renderTable(report: ScanReport, options: TableOptions): string {
  const page: Page = {
    report,
    palette: paint({ isTTY: options.color }, {}),
    width: options.width === null ? Number.POSITIVE_INFINITY : Math.max(NARROWEST, options.width || USUAL_WIDTH),
    all: options.all,
    again: options.again === undefined || options.again === '' ? '' : ` ${visible(options.again)}`,
  };
  const blocks = [
    statusLines(page),
    targetLines(page),
    ...patchBlocks(page),
    [...rebootLines(page), ...countLines(page)],
    nextLines(page),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function patchBlocks(page: Page): readonly (readonly string[])[] {
  const found = sections(page.report);
  const updates = [...found.missing, ...found.failed, ...found['not-approved']];
  const columns = columnsOf(
    updates.map((patch) => rowOf(patch, page)),
    page.width,
  );
  const block = (section: Section, title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [page.palette.bold(`${title} (${found[section].length})`), ...lines];
  const table = (rows: readonly string[]) => (rows.length === 0 ? [] : [headingLine(columns, page.palette), ...rows]);
  return [
    block('missing', 'MISSING: approved, but not installed', table(patchLines(found.missing, columns, page))),
    block('failed', 'FAILED: approved, but the installation failed', table(patchLines(found.failed, columns, page))),
    block('pending-reboot', 'INSTALLED, but waiting for a reboot', presentLines(found['pending-reboot'], page)),
    block('rejected', 'REJECTED by the baseline, but installed', presentLines(found.rejected, page)),
    block('not-approved', 'AVAILABLE, but not approved', table(unapprovedLines(found['not-approved'], columns, page))),
    block('installed', 'INSTALLED', page.all ? presentLines(found.installed, page) : []),
  ];
}

/** Rows in order of urgency; facts that neighbours have in common are said once, below the last of them. */
function patchLines(patches: readonly PatchResult[], columns: Columns, page: Page): string[] {
  const groups = Map.groupBy([...patches].sort(byUrgency), detailKey);
  return [...groups.values()].flatMap((group) => [
    ...group.flatMap((patch) => rowLines(rowOf(patch, page), columns, page)),
    ...group.slice(0, 1).flatMap((patch) => detailLines(patch, detailIndent(columns), page)),
  ]);
}

/** Grouped by reason, the group with the most urgent update first. */
function unapprovedLines(patches: readonly PatchResult[], columns: Columns, page: Page): string[] {
  const groups = Map.groupBy([...patches].sort(byUrgency), ({ reason }) => reason);
  return [...groups].flatMap(([reason, group]) => [
    ` ${REASON_WORDS[reason] ?? visible(reason)} (${group.length}):`,
    ...patchLines(group, columns, page),
  ]);
}
