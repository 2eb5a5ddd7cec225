import { Command, InvalidArgumentError, Option } from 'commander';
import type { WorkflowListOptions, WorkflowShowOptions } from './server-options.ts';

/** `kintsugi workflow list | show`. */
export function workflowCommand(): Command {
  const command = new Command('workflow').description(
    'Look at executions of state machines: what ran, what runs, and where they stand. Asks the server.',
  );
  command
    .command('list')
    .description('list executions, the newest first')
    .option('--machine <name|arn>', 'only of this state machine')
    .addOption(
      new Option('--status <status>', 'only these').choices(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
    )
    .addOption(new Option('--most <count>', 'so many').default(20).argParser(count))
    .option('--json', 'print them as a JSON list')
    .action(async (options: WorkflowListOptions) => {
      const { runWorkflowList } = await import('../actions/workflow.ts');
      await runWorkflowList(options);
    });
  command
    .command('show')
    .description("show an execution's graph, which states are done, run, failed or were not reached, and its history")
    .argument('<execution>', 'its name or its ARN')
    .option('--all', 'every event of the history, not only the last ones')
    .option('--json', 'print { execution, states, events }')
    .action(async (execution: string, options: WorkflowShowOptions) => {
      const { runWorkflowShow } = await import('../actions/workflow.ts');
      await runWorkflowShow(execution, options);
    });
  return command;
}

function count(text: string): number {
  const value = Number(text);
  if (!/^\d{1,4}$/.test(text) || value < 1) throw new InvalidArgumentError('It is a number, 1 to 9999.');
  return value;
}
