import { type Command, InvalidArgumentError, Option } from 'commander';

/** Options that say what an image is made of and how it is tested. */
export function addRecipeOptions(command: Command): Command {
  return command
    .option('--baseline <file|name>', 'patch baseline to apply (default: the predefined one)')
    .option('--advisories <path...>', 'OSV, KEV, EPSS, DSA or DLA files (default: ~/.kintsugi/advisories)')
    .option('--suite <name>', 'Debian suite to begin with (default: bookworm)')
    .option('--mirror <url>', "archive of the suite (default: this machine's own)")
    .option('--security-mirror <url>', "security archive, or none (default: this machine's own)")
    .addOption(new Option('--base <family@digest>', 'begin with an earlier image').conflicts(['suite', 'include']))
    .option('--include <packages...>', 'packages beside the base, by spaces or commas', words, [])
    .option('--hook <file...>', 'scripts to run inside, as root, after the updates')
    .option('--hook-timeout <seconds>', 'end a hook after this long', seconds, 600)
    .option('--hook-network', 'let hooks reach the network')
    .option('--check <file>', 'YAML or JSON: Units, Ports and Commands that the boot test asks for')
    .addOption(new Option('--format <format>', 'of the disk').choices(['raw', 'qcow2']).default('raw'))
    .addOption(
      new Option(
        '--boot <how>',
        'boot test: a container in seconds, or a machine by BIOS or UEFI, a minute without KVM',
      )
        .choices(['nspawn', 'qemu', 'qemu-uefi', 'none'])
        .default('nspawn'),
    )
    .option('--boot-timeout <seconds>', 'the boot test has failed after this long', seconds, 600);
}

function words(text: string, before: readonly string[]): readonly string[] {
  return [...before, ...text.split(',').filter((word) => word !== '')];
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 86_400)
    throw new InvalidArgumentError('It is a whole number of seconds, 1 to 86400.');
  return value;
}
