import { Command } from 'commander';

export function auditCommand(): Command {
  const audit = new Command('audit').description(
    'Look after the record of every change, on the machine of the server.',
  );
  audit
    .command('verify')
    .description('Check that no entry of the audit log was changed, taken out or cut off.')
    .option('--json', 'print it as JSON')
    .action(async (options: { readonly json?: boolean }) => {
      const { verifyLog } = await import('../actions/audit.ts');
      process.exitCode = await verifyLog(options.json ?? false);
    });
  return audit;
}
