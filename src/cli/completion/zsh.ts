import { allCommands, type CommandNode, type OptionNode, type Value } from './command-tree.ts';

/**
 * A completion script for zsh: a function a command, on top of `_arguments`.
 * https://zsh.sourceforge.io/Doc/Release/Completion-System.html
 */
export function zshCompletion(program: string, tree: CommandNode): string {
  const root = `_${program.replace(/\W/g, '_')}`;
  const functions = allCommands(tree).map((node) => commandFunction(root, node));
  return `#compdef ${program}
# zsh completion for ${program}. To use it: eval "$(${program} completion zsh)"
${functions.join('\n')}
if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then
  ${root} "$@"
else
  compdef ${root} ${program}
fi
`;
}

function commandFunction(root: string, node: CommandNode): string {
  const name = functionName(root, node);
  const specs = node.options.flatMap(optionSpecs);
  if (node.commands.length === 0) {
    const positions = node.arguments.map(
      ({ name: label, value, variadic }) => `${variadic ? '*' : ''}:${specText(label)}:${action(value)}`,
    );
    return `${name}() {\n  _arguments -s -S${list([...specs, ...positions])}\n}`;
  }
  const children = node.commands.map((child) => {
    const word = child.path.at(-1) ?? '';
    return {
      word,
      described: quote(`${specText(word)}:${oneLine(child.description)}`),
      run: functionName(root, child),
    };
  });
  return `${name}() {
  local curcontext="$curcontext" state state_descr line
  local -A opt_args
  _arguments -C -s -S${list([...specs, '1:command:->command', '*::argument:->argument'])} && return
  case $state in
    command)
      local -a commands=(${children.map(({ described }) => described).join(' ')})
      _describe -t commands command commands ;;
    argument)
      case $line[1] in
${children.map(({ word, run }) => `        ${quote(word)}) ${run} ;;`).join('\n')}
      esac ;;
  esac
}`;
}

function functionName(root: string, node: CommandNode): string {
  return [root, ...node.path].join('_').replace(/[^\w-]/g, '_');
}

function list(specs: readonly string[]): string {
  return specs.map((spec) => ` \\\n    ${quote(spec)}`).join('');
}

function optionSpecs({ names, description, value, variadic }: OptionNode): readonly string[] {
  const exclusive = variadic ? '*' : `(${names.join(' ')})`;
  const argument = value === null ? '' : `:value:${action(value)}`;
  return names.map((name) => {
    const takes = value !== null && name.startsWith('--') ? '=' : '';
    return `${exclusive}${name}${takes}[${specText(oneLine(description))}]${argument}`;
  });
}

/** Words in parentheses, files of zsh's own, or both; a free text offers nothing. */
function action({ words, paths }: Value): string {
  const offered = `(${words.map((word) => word.replace(/[^\w.,=@%+/-]/g, '\\$&')).join(' ')})`;
  if (paths === 'directories') return '_files -/';
  if (paths === 'files') return words.length === 0 ? '_files' : `{compadd -- ${words.map(quote).join(' ')}; _files}`;
  return words.length === 0 ? ' ' : offered;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

/** For descriptions inside a specification, where these characters end a part of it. */
function specText(text: string): string {
  return text.replace(/[\\:[\]]/g, '\\$&');
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
