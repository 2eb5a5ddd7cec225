import { allCommands, type CommandNode, type OptionNode, type Value } from './command-tree.ts';

/**
 * A completion script for fish 3 and newer: one `complete` line for every command, option and argument.
 * https://fishshell.com/docs/current/cmds/complete.html
 */
export function fishCompletion(program: string, tree: CommandNode): string {
  const where = `__${program.replace(/\W/g, '_')}_at`;
  const nodes = allCommands(tree);
  const known = nodes.filter(({ path }) => path.length > 0).map((node) => quote(node.path.join(' ')));
  return `# fish completion for ${program}. To use it: ${program} completion fish | source
function ${where} --description 'whether the words before the cursor lead to this command'
    set -l path
    for word in (commandline --tokenize --current-process --cut-at-cursor)[2..-1]
        set -l longer (string join ' ' -- $path $word)
        contains -- $longer ${known.join(' ')}; and set path $path $word
    end
    test "$path" = "$argv[1]"
end
complete --command ${program} --no-files
${nodes.flatMap((node) => nodeLines(program, where, node)).join('\n')}
`;
}

function nodeLines(program: string, where: string, node: CommandNode): readonly string[] {
  const start = `complete --command ${program} --condition ${quote(`${where} ${quote(node.path.join(' '))}`)}`;
  return [
    ...node.commands.map(
      (child) => `${start} --arguments ${quote(word(child.path.at(-1) ?? ''))}${described(child.description)}`,
    ),
    ...node.options.map((option) => `${start}${optionWords(option)}`),
    ...node.arguments.flatMap(({ name, value }) => {
      const offered = values(value);
      return offered === '' ? [] : [`${start}${offered}${described(name)}`];
    }),
  ];
}

function optionWords({ names, description, value }: OptionNode): string {
  const spelled = names.map((name) =>
    name.startsWith('--') ? ` --long-option ${quote(name.slice(2))}` : ` --short-option ${quote(name.slice(1))}`,
  );
  const takes = value?.paths === 'files' ? ' --require-parameter' : ' --exclusive';
  return `${spelled.join('')}${value === null ? '' : takes + values(value)}${described(description)}`;
}

function values({ words, paths }: Value): string {
  const offered = words.length === 0 ? '' : ` --arguments ${quote(words.map(word).join(' '))}`;
  if (paths === 'files') return `${offered} --force-files`;
  if (paths === 'directories') return ` --arguments ${quote('(__fish_complete_directories)')}`;
  return offered;
}

function described(description: string): string {
  return description === '' ? '' : ` --description ${quote(description.replace(/\s+/g, ' '))}`;
}

/** fish expands what it is given as arguments, so every character that could mean something is escaped. */
function word(text: string): string {
  return text.replace(/[^\w.,:=@%+/-]/g, '\\$&');
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
