import { Argument, Command } from 'commander';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** `program` is the tree that the script completes: all of its commands, also those that are added after this one. */
export function completionCommand(program: Command): Command {
  return new Command('completion')
    .copyInheritedSettings(program)
    .description('Print a script that completes commands, options and their values in a shell.')
    .addArgument(new Argument('<shell>', 'the shell that reads it').choices(SHELLS))
    .addHelpText(
      'after',
      `
To use it, put this into the shell's start-up file:
  bash   ~/.bashrc                    eval "$(kintsugi completion bash)"
  zsh    ~/.zshrc, after compinit     eval "$(kintsugi completion zsh)"
  fish   ~/.config/fish/config.fish   kintsugi completion fish | source`,
    )
    .action(async (shell: Shell) => {
      const { completionScript } = await import('../completion/script.ts');
      process.stdout.write(completionScript(program, shell));
    });
}
