import type { Command } from 'commander';
import { predefinedBaselines } from '../../core/baselines/predefined.ts';
import { bashCompletion } from './bash.ts';
import { commandTree } from './command-tree.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

/** The script for one shell, made from what the commands declare of themselves. */
export function completionScript(program: Command, shell: 'bash' | 'zsh' | 'fish'): string {
  const tree = commandTree(
    program,
    predefinedBaselines.map(({ Name }) => Name),
  );
  const write = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }[shell];
  return write(program.name(), tree);
}
