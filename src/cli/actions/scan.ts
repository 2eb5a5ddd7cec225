import { scanReport } from '../../control/patch-manager/scan.ts';
import type { ComplianceStatus } from '../../core/compliance/types.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import type { ScanOptions } from '../commands/options.ts';
import { renderReport } from '../formats/formats.ts';
import { againArguments, openSession } from './look.ts';

export const EXIT_OF: Readonly<Record<ComplianceStatus, ExitCode>> = {
  COMPLIANT: EXIT.ok,
  NON_COMPLIANT: EXIT.nonCompliant,
  UNKNOWN: EXIT.unknown,
};

export async function runScan(options: ScanOptions): Promise<ExitCode> {
  const session = await openSession(options);
  const judged = await session.judge(session.inventory);
  for (const warning of judged.warnings) process.stderr.write(`kintsugi: warning: ${warning}\n`);
  const format = options.json ? 'json' : options.format;
  const report = scanReport(judged, session.baseline, {
    from: session.from,
    all: options.all === true || format === 'cyclonedx',
  });
  process.stdout.write(
    renderReport(report, format, {
      color: process.stdout.isTTY === true && !process.env.NO_COLOR,
      width: process.stdout.isTTY ? process.stdout.columns : null,
      all: options.all ?? false,
      again: againArguments(session, options),
    }),
  );
  return EXIT_OF[report.status];
}
