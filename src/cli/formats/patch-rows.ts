import type { PatchResult } from '../../core/compliance/types.ts';
import { visible } from '../../core/visible.ts';
import type { Paint, Palette } from '../style.ts';
import { duration, elapsed } from './age.ts';
import type { Page } from './page.ts';
import { longest, wrap } from './wrap.ts';

/** The cells of one patch, escaped. */
export interface Row {
  readonly severity: string;
  readonly since: string;
  readonly name: string;
  readonly installed: string;
  readonly available: string;
}

/** Widths of the columns that all rows of a page share. */
export interface Columns {
  readonly severity: number;
  readonly since: number;
  readonly name: number;
  readonly installed: number;
}

const HEADINGS: Row = {
  severity: 'SEVERITY',
  since: 'SINCE',
  name: 'PACKAGE',
  installed: 'INSTALLED',
  available: 'AVAILABLE',
};
const INDENT = '  ';
const GAP = '  ';
/** No terminal: columns are still aligned up to this width, however long the cells of a hostile row are. */
const WIDEST = 200;
/** Names beyond this do not push the versions of the others to the right. */
const NAME_LIMIT = 40;

export function rowOf(patch: PatchResult, page: Page): Row {
  const since = elapsed(patch.firstSeen, page.report.scannedAt);
  return {
    severity: visible(patch.severity?.mapped ?? '-'),
    since: since === null ? '-' : duration(since),
    name: visible(displayName(patch, page.report.target.architecture)),
    installed: visible(patch.installedVersion ?? '(new)'),
    available: visible(patch.availableVersion ?? ''),
  };
}

/** Foreign architectures are named as dpkg names them: `libc6:i386`. */
export function displayName(patch: PatchResult, native: string): string {
  const { name, architecture } = patch;
  const usual = architecture === native || architecture === 'all' || architecture === 'noarch';
  return usual ? name : `${name}:${architecture}`;
}

/**
 * Columns that as many rows as possible fit into. The few rows with long names or versions take more than one line,
 * so they neither push the others apart nor lose a character.
 */
export function columnsOf(rows: readonly Row[], width: number): Columns {
  const severity = longest([HEADINGS, ...rows].map((row) => row.severity));
  const since = longest([HEADINGS, ...rows].map((row) => row.since));
  const room = Math.min(width, WIDEST) - INDENT.length - severity - since - 4 * GAP.length;
  const size = (row: Row) => row.name.length + row.installed.length + row.available.length;
  let name = HEADINGS.name.length;
  let installed = HEADINGS.installed.length;
  let available = HEADINGS.available.length;
  for (const row of [...rows].sort((a, b) => size(a) - size(b))) {
    const wider = [
      Math.max(name, row.name.length),
      Math.max(installed, row.installed.length),
      Math.max(available, row.available.length),
    ] as const;
    if (wider[0] + wider[1] + wider[2] > room) continue;
    [name, installed, available] = wider;
  }
  return { severity, since, name, installed };
}

export function headingLine(columns: Columns, palette: Palette): string {
  return palette.dim(`${INDENT}${cells(HEADINGS, columns).join(GAP)}`);
}

/** Where the second column starts: details of a row stand below it. */
export function detailIndent(columns: Columns): string {
  return ' '.repeat(INDENT.length + columns.severity + GAP.length);
}

export function rowLines(row: Row, columns: Columns, page: Page): readonly string[] {
  const [severity = '', since = '', ...rest] = cells(row, columns);
  const left = `${INDENT}${severityPaint(row.severity, page.palette)(severity)}${GAP}${since}${GAP}`;
  const indent = ' '.repeat(INDENT.length + columns.severity + columns.since + 2 * GAP.length);
  const line = rest.join(GAP).trimEnd();
  if (indent.length + line.length <= page.width) return [left + line];
  const step = row.available === '' ? row.installed : `${row.installed} -> ${row.available}`;
  const [first = '', ...more] = wrap(row.name, page.width, indent);
  return [left + first.slice(indent.length), ...more, ...wrap(step, page.width, `${indent}  `)];
}

/** Patches that are only there, with no update to show: name, version, and what is to be said of them. */
export function presentLines(patches: readonly PatchResult[], page: Page): readonly string[] {
  const names = patches.map((patch) => visible(displayName(patch, page.report.target.architecture)));
  const widest = Math.min(NAME_LIMIT, longest(names));
  return patches.flatMap((patch, index) => [
    ...wrap(
      `${(names[index] ?? '').padEnd(widest)}${GAP}${visible(patch.installedVersion ?? '(not installed)')}`,
      page.width,
      INDENT,
      '      ',
    ),
    ...(patch.reason === 'up-to-date'
      ? []
      : wrap(visible(patch.explanation), page.width, '      ').map(page.palette.dim)),
  ]);
}

function cells(row: Row, columns: Columns): readonly string[] {
  return [
    row.severity.padEnd(columns.severity),
    row.since.padEnd(columns.since),
    row.name.padEnd(columns.name),
    row.installed.padEnd(columns.installed),
    row.available,
  ];
}

function severityPaint(severity: string, palette: Palette): Paint {
  if (severity === 'critical') return (text) => palette.bold(palette.red(text));
  if (severity === 'high') return palette.red;
  if (severity === 'medium') return palette.yellow;
  return (text) => text;
}
