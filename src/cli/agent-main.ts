import { CommanderError } from 'commander';
import { EXIT } from '../core/errors.ts';
import { agentCommand } from './commands/agent.ts';
import { reportFailure } from './failure.ts';

/**
 * The agent by itself, for machines that get nothing else: `npm run bundle:agent` makes one file of it, which knows
 * `kintsugi-agent register | run | status | uninstall`.
 */
async function main(argv: readonly string[]): Promise<number> {
  const program = agentCommand('kintsugi-agent').version('0.1.0');
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportFailure(error, argv.includes('--json'));
  }
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
