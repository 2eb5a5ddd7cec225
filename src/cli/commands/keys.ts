import { Command, Option } from 'commander';
import type { KeysOptions } from './server-options.ts';

export function keysCommand(): Command {
  const keys = new Command('keys').description('Make, list and revoke access keys, on the machine of the server.');
  keys
    .command('create')
    .description('Make a key; its secret is shown this once.')
    .addOption(
      new Option('--role <role>', 'what it may do').choices(['admin', 'operator', 'viewer']).makeOptionMandatory(),
    )
    .option('--description <text>', 'what it is for')
    .option('--json', 'print it as JSON')
    .action(async (options: KeysOptions) => {
      const { createKey } = await import('../actions/keys.ts');
      await createKey(options);
    });
  keys
    .command('list')
    .description('List the keys and what they may do.')
    .option('--json', 'print them as JSON')
    .action(async (options: KeysOptions) => {
      const { listKeys } = await import('../actions/keys.ts');
      await listKeys(options);
    });
  keys
    .command('revoke')
    .description('Revoke a key at once and for good.')
    .argument('<access-key-id>')
    .action(async (id: string) => {
      const { revokeKey } = await import('../actions/keys.ts');
      await revokeKey(id);
    });
  return keys;
}
