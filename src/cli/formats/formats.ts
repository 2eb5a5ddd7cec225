import { renderCycloneDx } from '../../control/sbom/cyclonedx.ts';
import type { ScanReport } from '../../core/compliance/types.ts';
import { renderJson } from './json.ts';
import { renderJunit } from './junit.ts';
import { renderSarif } from './sarif.ts';
import { renderTable, type TableOptions } from './table.ts';

/** What `kintsugi scan --format` takes. */
export const FORMATS = ['table', 'json', 'sarif', 'cyclonedx', 'junit'] as const;
export type Format = (typeof FORMATS)[number];

/** `width` is that of the terminal, null for a file or a pipe; only tables have colours and `again`. */
export type RenderOptions = TableOptions;

/** The report as text that ends with a line break. CycloneDX is a whole bill only if the report has every package. */
export function renderReport(report: ScanReport, format: Format, options: RenderOptions): string {
  switch (format) {
    case 'table':
      return renderTable(report, options);
    case 'json':
      return renderJson(report, options);
    case 'sarif':
      return renderSarif(report, options);
    case 'cyclonedx':
      return renderCycloneDx(report, options);
    case 'junit':
      return renderJunit(report);
  }
}
