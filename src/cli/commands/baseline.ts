import { Command } from 'commander';

/** `kintsugi baseline validate | show | list`. */
export function baselineCommand(): Command {
  const command = new Command('baseline')
    .description('Check, show and list patch baselines: what is approved, and when.')
    .showHelpAfterError('(`--help` lists what is there)')
    .exitOverride();
  addValidate(command);
  addShow(command);
  addList(command);
  return command;
}

function addValidate(command: Command): void {
  command
    .command('validate')
    .description('check a baseline and point at what is wrong in it')
    .argument('<file>', "YAML or JSON in AWS's own field names; - reads standard input")
    .option('--json', 'print { file, valid, issues, warnings }')
    .addHelpText(
      'after',
      `
The JSON of \`aws ssm get-patch-baseline\` is a baseline as it stands.

Exit codes:
  0  valid, perhaps with warnings
  2  not valid, or no such file`,
    )
    .action(async (file: string, options: { json?: boolean }) => {
      const { validateBaseline } = await import('../actions/baseline-validate.ts');
      process.exitCode = await validateBaseline(file, { json: options.json ?? false });
    });
}

function addShow(command: Command): void {
  command
    .command('show')
    .description('show a baseline with every default filled in')
    .argument('<file|name>', 'a file, - for standard input, or the name or id of a predefined baseline')
    .option('--json', "print AWS's GetPatchBaseline JSON")
    .option('--yaml', 'print it as YAML, to begin a baseline of your own')
    .action(async (fileOrName: string, options: { json?: boolean; yaml?: boolean }) => {
      const { showBaseline } = await import('../actions/baseline-show.ts');
      await showBaseline(fileOrName, options.json ? 'json' : options.yaml ? 'yaml' : 'text');
    });
}

function addList(command: Command): void {
  command
    .command('list')
    .description('list the predefined baselines')
    .option('--json', 'print them as a JSON list')
    .action(async (options: { json?: boolean }) => {
      const { listBaselines } = await import('../actions/baseline-list.ts');
      listBaselines({ json: options.json ?? false });
    });
}
