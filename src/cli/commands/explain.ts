import { Command } from 'commander';
import type { LookOptions } from './options.ts';
import { withLookOptions } from './target-options.ts';

export function explainCommand(): Command {
  const command = new Command('explain')
    .description('Tell why a package is or is not approved: rule by rule, with dates.')
    .argument('<package>', 'its name, or NAME:ARCH');
  return withLookOptions(command)
    .option('--json', 'print it as JSON')
    .action(async (name: string, options: LookOptions) => {
      const { runExplain } = await import('../actions/explain.ts');
      process.exitCode = await runExplain(name, options);
    });
}
