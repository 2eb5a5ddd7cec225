import { Command } from 'commander';
import type { ExposureOptions } from './server-options.ts';

export function exposureCommand(): Command {
  return new Command('exposure')
    .description('Tell which managed nodes a CVE, an advisory or a package concerns; asks the server, and no node.')
    .argument('<cve|advisory|package>', "such as CVE-2024-3094, DSA-5673-1, openssl or 'openssl<3.0.17-1~deb12u3'")
    .option('--all', 'name every node that is affected or unknown')
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nEnds with 0: no node is affected, 3: some are, 4: none is, but not all could be judged.')
    .action(async (subject: string, options: ExposureOptions) => {
      const { runExposure } = await import('../actions/exposure.ts');
      process.exitCode = await runExposure(subject, options);
    });
}
