import { allCommands, type CommandNode, type Value } from './command-tree.ts';

/** Between the path of a command and a word in the patterns of the script: in no name of a command or option. */
const BAR = '|';

/**
 * A completion script for bash 3.2 and newer that needs nothing else. It is data in `case` patterns and arrays, every
 * word in single quotes, and never hands a word to `compgen -W`, which would expand it.
 * https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html
 */
export function bashCompletion(program: string, tree: CommandNode): string {
  const name = `_${program.replace(/\W/g, '_')}`;
  const nodes = allCommands(tree);
  return `# bash completion for ${program}. To use it: eval "$(${program} completion bash)"
${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} at='' option='' many='' position=0 paths='' word index quoted
  local words=()
  COMPREPLY=()
  [[ $current == '=' ]] && current=''
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    [[ $word == '=' ]] && continue
    if [[ -n $option && $word != -* ]]; then
      [[ -n $many ]] || option=''
      continue
    fi
    option='' many=''
    case "$at${BAR}$word" in
${cases(nodes.flatMap(optionCases))}
      *'${BAR}'-*) ;;
${cases(nodes.flatMap(commandCases))}
      *) position=$((position + 1)) ;;
    esac
  done
  if [[ -n $option && ( -z $many || $current != -* ) ]]; then
    case "$option" in
${cases(nodes.flatMap(optionValueCases))}
    esac
  elif [[ $current == -* ]]; then
    case "$at" in
${cases(nodes.map((node) => [[at(node)], assign({ words: node.options.flatMap(({ names }) => names), paths: null })]))}
    esac
  else
    case "$at${BAR}$position" in
${cases(nodes.flatMap(argumentCases))}
    esac
  fi
  for word in "\${words[@]}"; do
    if [[ $word == "$current"* ]]; then
      printf -v quoted '%q' "$word"
      COMPREPLY+=("$quoted")
    fi
  done
  [[ -n $paths ]] || return 0
  compopt -o filenames 2>/dev/null
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$paths" -- "$current")
}
complete -F ${name} ${program}
`;
}

type Case = readonly [patterns: readonly string[], body: string];

function cases(list: readonly Case[]): string {
  return list
    .filter(([patterns, body]) => patterns.length > 0 && body !== '')
    .map(([patterns, body]) => `      ${patterns.map(quote).join(' | ')}) ${body} ;;`)
    .join('\n');
}

function at(node: CommandNode): string {
  return node.path.join(' ');
}

function optionCases(node: CommandNode): readonly Case[] {
  return node.options.flatMap(({ names, value, variadic }): readonly Case[] => {
    const key = `${at(node)}${BAR}${names.at(-1) ?? ''}`;
    const patterns = names.map((name) => `${at(node)}${BAR}${name}`);
    return value === null ? [] : [[patterns, `option=${quote(key)}${variadic ? ' many=1' : ''}`]];
  });
}

function commandCases(node: CommandNode): readonly Case[] {
  return node.commands.map((child): Case => [[`${at(node)}${BAR}${child.path.at(-1)}`], `at=${quote(at(child))}`]);
}

function optionValueCases(node: CommandNode): readonly Case[] {
  return node.options.flatMap(({ names, value }): readonly Case[] =>
    value === null ? [] : [[[`${at(node)}${BAR}${names.at(-1) ?? ''}`], assign(value)]],
  );
}

/** Commands and arguments by their position; the last pattern of a variadic argument takes all that follow. */
function argumentCases(node: CommandNode): readonly Case[] {
  const commands = node.commands.map((child) => child.path.at(-1) ?? '');
  if (commands.length > 0) return [[[`${at(node)}${BAR}0`], assign({ words: commands, paths: null })]];
  return node.arguments.flatMap(({ value, variadic }, index): readonly Case[] => {
    const positions = variadic ? Array.from({ length: 50 }, (_, more) => index + more) : [index];
    return [[positions.map((position) => `${at(node)}${BAR}${position}`), assign(value)]];
  });
}

function assign({ words, paths }: Value): string {
  const parts = [
    ...(words.length > 0 ? [`words=(${words.map(quote).join(' ')})`] : []),
    ...(paths === null ? [] : [`paths=${paths === 'files' ? '-f' : '-d'}`]),
  ];
  return parts.join(' ');
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
