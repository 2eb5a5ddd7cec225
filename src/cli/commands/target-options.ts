import { type Command, InvalidArgumentError, Option } from 'commander';

export function withLookOptions(command: Command): Command {
  return command
    .addOption(new Option('--root <dir>', 'look at a root filesystem that is not running').conflicts('ssh'))
    .option('--ssh <user@host>', 'look at another machine, through the ssh of this one')
    .option('--offline', "with --root: use this machine's apt, and run nothing of the root's own")
    .option(
      '--baseline <file|name>',
      'patch baseline to judge by (default: the predefined one of the operating system)',
    )
    .option('--advisories <path...>', 'OSV, KEV, EPSS, DSA or DLA files (default: ~/.kintsugi/advisories)')
    .option('--changelogs', 'fetch the changelogs of available updates, to find the CVEs that they fix')
    .option('--refresh', 'fetch the package lists first (needs root)')
    .option('--full', 'allow removals: ask for dist-upgrade instead of the upgrade that never removes')
    .addOption(
      new Option('--lock-timeout <seconds>', 'wait this long for the locks of apt and dpkg')
        .default(60)
        .argParser(seconds),
    );
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 86_400)
    throw new InvalidArgumentError('It is a whole number of seconds, 0 to 86400.');
  return value;
}
