import { type Command, InvalidArgumentError, Option } from 'commander';

/** `kintsugi image channels | register | promote | approvals | approve | reject | revoke | rollout | prune`: they ask the server. */
export function addChannels(command: Command): void {
  const add = (name: string, description: string) =>
    command.command(name).description(description).option('--json', 'print the answer as JSON');
  add('channels', 'show where candidate, staging and gold point to, and what is revoked')
    .argument('[family]', 'only this family')
    .option('--history', 'every move of its channels; needs a family')
    .action(async (family, options) => (await import('../actions/image-channels.ts')).runChannels(family, options));
  add('register', 'make an image known to the server; it becomes the candidate of its family')
    .argument('<image>', 'FAMILY@DIGEST, the whole one, or FAMILY@ami-…')
    .option(
      '--parent <digest>',
      'the image that it was made from, or none; a disk image of the server tells it by itself',
    )
    .action(async (image, options) => (await import('../actions/image-channels.ts')).runRegister(image, options));
  add('promote', 'point a channel to an image; to an earlier one is the way back')
    .argument('<image>', 'FAMILY (what the channel before has) or FAMILY@DIGEST, the first digits are enough')
    .addOption(new Option('--to <channel>', 'the channel').choices(['staging', 'gold']).makeOptionMandatory())
    .option('--expected <digest>', 'only if the channel points to this one now, or to none')
    .option('--accept-untested <why>', 'make an image gold that was never booted; why goes to the audit log')
    .action(async (image, options) => (await import('../actions/image-channels.ts')).runPromote(image, options));
  add('revoke', 'revoke an image for good, and all that was made from it')
    .argument('<image>', 'FAMILY@DIGEST, a whole sha256:… or ami-…')
    .requiredOption('--reason <text>', 'why, for everybody who meets it')
    .action(async (image, options) => (await import('../actions/image-channels.ts')).runRevoke(image, options));
  add('approvals', 'show which images wait for an approval')
    .argument('[family]', 'only this family')
    .option('--all', 'those that were decided as well')
    .action(async (family, options) => (await import('../actions/image-approvals.ts')).runApprovals(family, options));
  for (const [name, what] of [
    ['approve', 'approve an image that waits: its workflow goes on'],
    ['reject', 'reject an image that waits: its workflow fails'],
  ] as const)
    add(name, what)
      .argument('<approval>', 'FAMILY@DIGEST, the id that `kintsugi image approvals` shows, or the token of the task')
      .option('--comment <text>', 'for the record')
      .action(async (id, options) => (await import('../actions/image-approvals.ts')).runDecision(name, id, options));
  add('rollout', 'roll the gold AMI of a family out to an Auto Scaling group, and follow it')
    .argument('<family>', 'the family')
    .requiredOption('--to <group>', 'the name of the Auto Scaling group')
    .option(
      '--preferences <json>',
      'preferences of StartInstanceRefresh, such as \'{"MinHealthyPercentage": 100}\'',
      json,
    )
    .option('--look-every <seconds>', 'how soon it looks again in the beginning (default: 30)', seconds)
    .option('--detach', 'do not wait for its end')
    .addHelpText(
      'after',
      `
Ctrl-C leaves it running; the same command follows it again. One that fails is turned back, and its image revoked.

Exit codes:
  0  rolled out, or left running   9  refused, no instance was replaced   8  it failed: the last lines say how the
  group stands   2  bad usage`,
    )
    .action(async (family, options) => {
      process.exitCode = await (await import('../actions/image-rollout.ts')).runRollout(family, options);
    });
  add('prune', 'show which disk images nothing uses; with --yes delete them')
    .argument('[family]', 'only this family')
    .option('--keep <number>', 'keep so many of the newest of each family', count, 3)
    .option('--yes', 'delete them')
    .action(async (family, options) => (await import('../actions/image-prune.ts')).runPrune(family, options));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It is no JSON.');
  }
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d{1,4}$/.test(text) || value < 1 || value > 3600)
    throw new InvalidArgumentError('It is a number of seconds, 1 to 3600.');
  return value;
}

function count(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1000) throw new InvalidArgumentError('It is a number, 1 to 1000.');
  return value;
}
