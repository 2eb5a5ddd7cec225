import { Command, Option } from 'commander';
import type { PatchCommandOptions } from './options.ts';
import { withLookOptions } from './target-options.ts';

export function patchCommand(): Command {
  const command = new Command('patch').description(
    'Install what the baseline approves: exactly the plan that it shows first.',
  );
  return withLookOptions(command)
    .option('--dry-run', 'show the plan with its exact versions and change nothing')
    .option('--only <name...>', 'only these of the approved updates')
    .addOption(
      new Option('--reboot <when>', 'restart the machine afterwards')
        .choices(['never', 'if-required', 'always'])
        .default('never'),
    )
    .addOption(
      new Option('--conffiles <policy>', 'configuration files that were changed here and by the update')
        .choices(['keep', 'replace', 'skip'])
        .default('keep'),
    )
    .option('-y, --yes', 'do not ask, on a terminal, before installing')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      `
Exit codes:
  0  compliant afterwards (or, with --dry-run, a plan that can be relied on)
  3  installed, and still not compliant: something is left out or waits for a reboot
  4  unknown   8  an installation failed   9  refused, nothing was changed
  2  bad usage or baseline   5  not a target   6  locked   7  no permission`,
    )
    .action(async (options: PatchCommandOptions) => {
      const { runPatch } = await import('../actions/patch.ts');
      process.exitCode = await runPatch(options);
    });
}
