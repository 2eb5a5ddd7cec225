import { Command, InvalidArgumentError, Option } from 'commander';
import type { WorkflowListOptions, WorkflowShowOptions, WorkflowStopOptions } from './server-options.ts';

/** `kintsugi workflow list | show | stop`. */
export function workflowCommand(): Command {
  const command = new Command('workflow').description(
    'Look at executions of state machines, and stop them: what ran, what runs, where they stand. Asks the server.',
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
  command
    .command('stop')
    .description('stop an execution where it is; says what that leaves, and asks before it does so on a terminal')
    .argument('<execution>', 'its name or its ARN')
    .option('--reason <text>', 'why, for everybody who looks at it', reason)
    .option('--yes', 'do not ask')
    .option('--json', 'print { execution, means }; asks nothing')
    .addHelpText(
      'after',
      `
A bake of a golden image is safe to stop: what it runs ends, what it worked in is taken away, no channel moves.
A rollout is left where it is: Auto Scaling goes on, and the command says how to turn it back.
An AMI bake leaves its build instance: the state machine reap-bakes takes it away.

Exit codes:
  0  stopped, or stopped already   9  it has ended already   2  bad usage, no such execution   7  no permission`,
    )
    .action(async (execution: string, options: WorkflowStopOptions) => {
      const { runWorkflowStop } = await import('../actions/workflow-stop.ts');
      await runWorkflowStop(execution, options);
    });
  return command;
}

function reason(text: string): string {
  if (text.trim() === '' || text.length > 1000)
    throw new InvalidArgumentError('It is a text of 1000 characters at most.');
  return text;
}

function count(text: string): number {
  const value = Number(text);
  if (!/^\d{1,4}$/.test(text) || value < 1) throw new InvalidArgumentError('It is a number, 1 to 9999.');
  return value;
}
