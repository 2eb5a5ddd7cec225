import { Command, CommanderError } from 'commander';
import { EXIT } from '../core/errors.ts';
import { agentCommand } from './commands/agent.ts';
import { auditCommand } from './commands/audit.ts';
import { baselineCommand } from './commands/baseline.ts';
import { completionCommand } from './commands/completion.ts';
import { explainCommand } from './commands/explain.ts';
import { exposureCommand } from './commands/exposure.ts';
import { imageCommand } from './commands/image.ts';
import { keysCommand } from './commands/keys.ts';
import { patchCommand } from './commands/patch.ts';
import { scanCommand } from './commands/scan.ts';
import { upCommand } from './commands/up.ts';
import { vercmpCommand } from './commands/vercmp.ts';
import { workflowCommand } from './commands/workflow.ts';
import { reportFailure } from './failure.ts';

/**
 * The command line. A command's file in `commands/` declares its options and imports its work only when it is called:
 * `kintsugi --help` must not pay for what it does not use.
 */
const program = new Command('kintsugi')
  .description('Patch manager for servers, golden images and container images that speaks AWS Systems Manager.')
  .version('0.1.0');
program.addCommand(scanCommand());
program.addCommand(patchCommand());
program.addCommand(explainCommand());
program.addCommand(baselineCommand());
program.addCommand(vercmpCommand());
program.addCommand(imageCommand());
program.addCommand(upCommand());
program.addCommand(exposureCommand());
program.addCommand(workflowCommand());
program.addCommand(keysCommand());
program.addCommand(auditCommand());
program.addCommand(agentCommand());
program.addCommand(completionCommand(program));

const MOST_COMPLAINT = 1000;
for (const { command, name } of everyCommand(program, 'kintsugi')) {
  command.exitOverride().showHelpAfterError(`(\`${name} --help\` says more)`);
  command.configureOutput({ outputError: (text, write) => write(shortened(text)) });
}

/** What was typed is repeated in a complaint; a whole file that was given for a name is not. */
function shortened(text: string): string {
  return text.length <= MOST_COMPLAINT ? text : `${text.slice(0, MOST_COMPLAINT)}…\n`;
}

/** Options of commander's do not pass on to commands that are added ready-made. */
function everyCommand(command: Command, name: string): { command: Command; name: string }[] {
  return [{ command, name }, ...command.commands.flatMap((one) => everyCommand(one, `${name} ${one.name()}`))];
}

// `kintsugi scan | head` closes the pipe early: that is no failure, and no reason to leave off or to end with another
// exit code.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

export async function main(argv: readonly string[]): Promise<number> {
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportFailure(error, argv.includes('--json'));
  }
}

process.exitCode = await main(process.argv.slice(2));
