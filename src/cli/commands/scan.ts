import { Command, Option } from 'commander';
import type { ScanOptions } from './options.ts';
import { withLookOptions } from './target-options.ts';

export function scanCommand(): Command {
  const command = new Command('scan').description(
    'Tell what is missing on a machine, why, since when, and how severe it is.',
  );
  return withLookOptions(command)
    .addOption(
      new Option('--format <name>', 'how to print it')
        .choices(['table', 'json', 'sarif', 'cyclonedx', 'junit'])
        .default('table'),
    )
    .option('--json', 'the same as --format json')
    .option('--all', 'list every installed package, not only what is worth a look')
    .addHelpText(
      'after',
      `
Exit codes:
  0  compliant
  3  not compliant: approved updates are missing, or something waits for a reboot
  4  unknown: the scan cannot be relied on; it says why
  2  bad usage or baseline   5  not a target   6  locked   7  no permission`,
    )
    .action(async (options: ScanOptions) => {
      const { runScan } = await import('../actions/scan.ts');
      process.exitCode = await runScan(options);
    });
}
