import { Command, InvalidArgumentError, Option } from 'commander';
import { type AllowedEndpoint, readAllowedEndpoint } from '../../clouds/web/http-task/allowed-endpoints.ts';
import type { UpOptions } from './server-options.ts';

const HELP = `
The data directory is KINTSUGI_HOME (~/.kintsugi); DATABASE_URL names another PostgreSQL. SIGTERM and SIGINT stop it
cleanly, with the agent of this machine; the next start finds everything, the node among it.

Exit codes:
  0  stopped as asked
  1  its store could not be started, or another server has the data directory
  2  bad usage, or something else listens at the port
  7  --allow-patching without root`;

export function upCommand(): Command {
  return new Command('up')
    .description('Start the server, enrol this machine as a managed node, scan it, and serve until stopped.')
    .option('--host <address>', 'listen there; beyond loopback it needs TLS or --allow-http', '127.0.0.1')
    .addOption(new Option('--port <port>', 'listen at this port').default(8420).argParser(port))
    .option('--region <name>', 'the region that this server is', 'us-east-1')
    .option('--public-url <url>', 'the address at which nodes reach it, where that is another')
    .option('--tls-key <file>', 'PEM; with --tls-cert')
    .option('--tls-cert <file>', 'PEM; with --tls-key')
    .option('--allow-private-downloads', 'let it fetch the files that commands name from private addresses as well')
    .addOption(
      new Option(
        '--allow-http-task <url>',
        'let HTTP tasks of state machines call what is below it; may be repeated',
      ).argParser(allowedEndpoint),
    )
    .option('--allow-image-hooks', 'run hooks of images that come over the API, as root on this machine')
    .option('--allow-http', 'let it listen beyond loopback without TLS')
    .option('--no-node', 'do not make this machine a managed node')
    .option('--allow-patching', 'let commands change this machine: without it they can only scan it; needs root')
    .option('--json', 'print a line of JSON when ready, and one with the scan')
    .addHelpText('after', HELP)
    .action(async (options: UpOptions) => {
      const { runUp } = await import('../actions/up.ts');
      process.exitCode = await runUp(options);
    });
}

function allowedEndpoint(text: string, before: readonly AllowedEndpoint[] = []): readonly AllowedEndpoint[] {
  const endpoint = readAllowedEndpoint(text);
  if (typeof endpoint === 'string') throw new InvalidArgumentError(endpoint);
  return [...before, endpoint];
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 65_535) throw new InvalidArgumentError('It is a port, 0 to 65535.');
  return value;
}
