import { Command, InvalidArgumentError, Option } from 'commander';
import type { UpOptions } from './server-options.ts';

export function upCommand(): Command {
  return new Command('up')
    .description('Start the server: the Systems Manager API over a PostgreSQL in the data directory.')
    .option('--host <address>', 'listen there; beyond loopback it needs TLS or --allow-http', '127.0.0.1')
    .addOption(new Option('--port <port>', 'listen at this port').default(8420).argParser(port))
    .option('--region <name>', 'the region that this server is', 'us-east-1')
    .option('--public-url <url>', 'the address at which nodes reach it, where that is another')
    .option('--tls-key <file>', 'PEM; with --tls-cert')
    .option('--tls-cert <file>', 'PEM; with --tls-key')
    .option('--allow-private-downloads', 'let it fetch the files that commands name from private addresses as well')
    .option('--allow-http', 'let it listen beyond loopback without TLS')
    .addHelpText('after', '\nThe data directory is KINTSUGI_HOME (~/.kintsugi); DATABASE_URL names another PostgreSQL.')
    .action(async (options: UpOptions) => {
      const { runUp } = await import('../actions/up.ts');
      process.exitCode = await runUp(options);
    });
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 65_535) throw new InvalidArgumentError('It is a port, 0 to 65535.');
  return value;
}
