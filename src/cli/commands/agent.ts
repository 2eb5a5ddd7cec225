import { Command } from 'commander';
import { DEFAULT_STATE } from '../../agent/state-folder.ts';
import type { RegisterOptions } from '../actions/agent-register.ts';
import type { RunOptions } from '../actions/agent-run.ts';

/** `kintsugi agent register | run | status | uninstall`. */
export function agentCommand(name = 'agent'): Command {
  const command = new Command(name)
    .description("Make this machine a managed node, and run a server's documents on it.")
    .showHelpAfterError('(`--help` lists what is there)')
    .exitOverride();
  addRegister(command);
  addRun(command);
  addStatus(command);
  addUninstall(command);
  return command;
}

const STATE = ['--state <dir>', 'where the agent keeps its key and its state', DEFAULT_STATE] as const;

function addRegister(command: Command): void {
  command
    .command('register')
    .description('exchange an activation for an instance id')
    .requiredOption('--endpoint <url>', "the server's address, such as https://kintsugi.example:8420")
    .requiredOption('--region <region>', "the server's region, such as us-east-1")
    .requiredOption('--activation-id <id>', 'as `aws ssm create-activation` printed it')
    .option('--activation-code <code>', 'the secret half; better from KINTSUGI_ACTIVATION_CODE or standard input')
    .option('--ca <file>', "trust the authorities in this PEM file instead of the system's")
    .option('--allow-http', 'allow plain http beyond loopback: anyone on the way can run commands as root here')
    .option(...STATE)
    .option('--json', 'print { instanceId, endpoint, region }')
    .addHelpText(
      'after',
      `
A code on the command line can be read by every user of the machine. Without --activation-code it is taken from the
variable KINTSUGI_ACTIVATION_CODE, else from the first line of standard input:
  $ kintsugi agent register --endpoint https://kintsugi.example:8420 --region us-east-1 --activation-id ID <code-file

To run it as a service, see the first lines of documents/kintsugi-agent.service.`,
    )
    .action(async (options: RegisterOptions) => {
      const { registerNode } = await import('../actions/agent-register.ts');
      await registerNode(options);
    });
}

function addRun(command: Command): void {
  command
    .command('run')
    .description('serve until stopped; scripts that run then go on, and the next start takes them up')
    .option(...STATE)
    .option('--once', 'stop when there is nothing left to do')
    .option('--until-stdin-ends', 'stop when standard input ends: for a program that keeps the agent')
    .option('--reboot-command <command>', 'a shell command in the place of /sbin/shutdown -r +1, for labs')
    .action(async (options: RunOptions) => {
      const { runNode } = await import('../actions/agent-run.ts');
      await runNode(options);
    });
}

function addStatus(command: Command): void {
  command
    .command('status')
    .description('show who this node is, whether its agent runs, and what it is at')
    .option(...STATE)
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExit codes:\n  0  registered and running\n  5  not registered, or not running')
    .action(async (options: { state: string; json?: boolean }) => {
      const { showStatus } = await import('../actions/agent-status.ts');
      process.exitCode = await showStatus(options.state, options.json === true);
    });
}

function addUninstall(command: Command): void {
  command
    .command('uninstall')
    .description("remove the agent's state from this machine")
    .option(...STATE)
    .option('--yes', 'do not ask')
    .action(async (options: { state: string; yes?: boolean }) => {
      const { uninstallNode } = await import('../actions/agent-uninstall.ts');
      await uninstallNode(options.state, options.yes === true);
    });
}
