import { Command, Option } from 'commander';
import type { TriggerOptions } from './image-options.ts';
import { addRecipeOptions } from './recipe-options.ts';

/** `kintsugi image trigger add | list | remove`. */
export function triggerCommand(): Command {
  const command = new Command('trigger').description(
    'Let the server bake by itself: on a schedule, or when the gold image has fallen behind.',
  );
  const add = command
    .command('add')
    .description('add a trigger of bakes of a family: one condition, and the bake that it starts')
    .argument('<family>', 'the family that is baked')
    .option('--schedule <expression>', "'cron(30 3 ? * MON *)' or 'rate(1 day)', as in Systems Manager")
    .option('--time-zone <name>', 'of the schedule, such as Europe/Berlin (default: UTC)')
    .option('--drift', 'when gold misses an update that the baseline approves')
    .addOption(
      new Option('--advisory <severity>', 'when gold misses an approved update of this severity or worse').choices([
        'critical',
        'high',
        'medium',
        'low',
      ]),
    )
    .option('--base-moved', 'when what the image begins with is another: a point release, or gold of the base');
  addRecipeOptions(add)
    .option('--approve', 'approve its images beforehand, so that they become gold by themselves')
    .option('--message <text>', 'a word for whoever approves')
    .option('--json', 'print { TriggerId, Family }')
    .action(async (family: string, options: TriggerOptions) => {
      const { runTriggerAdd } = await import('../actions/image-trigger.ts');
      await runTriggerAdd(family, options);
    });
  command
    .command('list')
    .description('list the triggers, and what the last look at each came to')
    .option('--json', 'print them as a JSON list')
    .action(async (options: { json?: boolean }) => {
      const { runTriggerList } = await import('../actions/image-trigger.ts');
      await runTriggerList(options.json ?? false);
    });
  command
    .command('remove')
    .description('remove a trigger; a bake that it has started goes on')
    .argument('<id>', 'as `list` shows it')
    .action(async (id: string) => {
      const { runTriggerRemove } = await import('../actions/image-trigger.ts');
      await runTriggerRemove(id);
    });
  return command;
}
