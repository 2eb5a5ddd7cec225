import { scanReport } from '../../control/patch-manager/scan.ts';
import type { ComplianceStatus } from '../../core/compliance/types.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import type { ScanOptions } from '../commands/options.ts';
import { againArguments, openSession } from './look.ts';

export const EXIT_OF: Readonly<Record<ComplianceStatus, ExitCode>> = {
  COMPLIANT: EXIT.ok,
  NON_COMPLIANT: EXIT.nonCompliant,
  UNKNOWN: EXIT.unknown,
};

export async function runScan(options: ScanOptions): Promise<ExitCode> {
  const opening = openSession(options);
  const formats = import('../formats/formats.ts');
  const session = await opening;
  const judged = await session.judge(session.inventory);
  for (const warning of judged.warnings) process.stderr.write(`kintsugi: warning: ${warning}\n`);
  const format = options.json ? 'json' : options.format;
  const again = againArguments(session, options);
  const report = scanReport(judged, session.baseline, {
    from: session.from,
    all: options.all === true || format === 'cyclonedx',
    again,
  });
  const { renderReport } = await formats;
  process.stdout.write(
    renderReport(report, format, {
      color: process.stdout.isTTY === true && !process.env.NO_COLOR,
      width: process.stdout.isTTY ? process.stdout.columns : null,
      all: options.all ?? false,
      again,
    }),
  );
  return EXIT_OF[report.status];
}
