import type { Argument, Command, Option } from 'commander';

/** What may stand where a value is wanted. */
export interface Value {
  /** Words to offer; a free text has none. */
  readonly words: readonly string[];
  readonly paths: 'files' | 'directories' | null;
}

export interface OptionNode {
  /** `-y` and `--yes`. */
  readonly names: readonly string[];
  readonly description: string;
  /** null: a switch. */
  readonly value: Value | null;
  /** It takes all values up to the next option. */
  readonly variadic: boolean;
}

export interface ArgumentNode {
  readonly name: string;
  readonly value: Value;
  readonly variadic: boolean;
}

export interface CommandNode {
  /** The words after the program's name: `[]`, `['scan']`, `['baseline', 'show']`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly OptionNode[];
  readonly arguments: readonly ArgumentNode[];
  readonly commands: readonly CommandNode[];
}

/**
 * What the commander tree offers, without what it hides. `names` are the words for a value that is written
 * `FILE|NAME`: those of the predefined baselines.
 */
export function commandTree(program: Command, names: readonly string[] = []): CommandNode {
  return describe(program, [], names);
}

/** Every node of the tree, parents first. */
export function allCommands(tree: CommandNode): readonly CommandNode[] {
  return [tree, ...tree.commands.flatMap(allCommands)];
}

function describe(command: Command, path: readonly string[], names: readonly string[]): CommandNode {
  const help = command.createHelp();
  return {
    path,
    description: command.description(),
    options: help.visibleOptions(command).map((option) => optionNode(option, names)),
    arguments: command.registeredArguments.map((argument) => argumentNode(argument, names)),
    commands: help.visibleCommands(command).map((child) => describe(child, [...path, child.name()], names)),
  };
}

function optionNode(option: Option, names: readonly string[]): OptionNode {
  const placeholder = /[<[](.*)[>\]]/.exec(option.flags)?.[1];
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    description: option.description,
    value: placeholder === undefined ? null : acceptedBy(placeholder, option.argChoices, names),
    variadic: option.variadic,
  };
}

function argumentNode(argument: Argument, names: readonly string[]): ArgumentNode {
  return {
    name: argument.name(),
    value: acceptedBy(argument.name(), argument.argChoices, names),
    variadic: argument.variadic,
  };
}

/** The placeholder of a value says what it is: `FILE`, `PATH`, `DIR`, or `FILE|NAME`. */
function acceptedBy(placeholder: string, choices: readonly string[] | undefined, names: readonly string[]): Value {
  const kinds = placeholder
    .toLowerCase()
    .replace(/\.+$/, '')
    .split(/[^a-z]+/);
  if (choices !== undefined) return { words: choices, paths: null };
  if (kinds.includes('dir')) return { words: [], paths: 'directories' };
  if (kinds.includes('file') || kinds.includes('path')) {
    return { words: kinds.includes('name') ? names : [], paths: 'files' };
  }
  return { words: [], paths: null };
}
