import { asciiJson } from '../../core/ascii-json.ts';
import { predefinedBaselines, predefinedFor } from '../../core/baselines/predefined.ts';
import type { PatchBaseline } from '../../core/baselines/types.ts';
import { longest, wrap } from '../formats/wrap.ts';
import { type Palette, paint } from '../style.ts';

/** Prints the predefined baselines: as a table, or under each other where the terminal is too narrow for one. */
export function listBaselines(options: { json: boolean }): void {
  if (options.json) {
    process.stdout.write(asciiJson(predefinedBaselines, true));
    return;
  }
  const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  process.stdout.write(renderList(predefinedBaselines, width, paint(process.stdout)));
}

const GAP = '  ';

export function renderList(baselines: readonly PatchBaseline[], width: number, palette: Palette): string {
  const rows = baselines.map((one) => [one.Name, one.OperatingSystem, one.BaselineId ?? '', approves(one)] as const);
  const heading = ['NAME', 'OPERATING SYSTEM', 'ID', 'APPROVES'] as const;
  const widths = [0, 1, 2, 3].map((column) => longest([heading, ...rows].map((row) => row[column] ?? '')));
  const line = (row: readonly string[], columns: number) =>
    row
      .slice(0, columns)
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd();
  const whole = widths.reduce((sum, one) => sum + one + GAP.length, -GAP.length);
  if (whole <= width) {
    return `${[palette.bold(line(heading, 4)), ...rows.map((row) => line(row, 4))].join('\n')}\n`;
  }
  const blocks = rows.map(([name, os, id, text]) =>
    [palette.bold(name), ...wrap(`${os}, ${id}`, width, GAP), ...wrap(text, width, GAP)].join('\n'),
  );
  return `${blocks.join('\n')}\n`;
}

function approves(baseline: PatchBaseline): string {
  const isDefault = predefinedFor(baseline.OperatingSystem) === baseline;
  return `${baseline.Description ?? ''}${isDefault ? '' : ' (not the default)'}`;
}
