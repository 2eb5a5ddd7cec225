/** An import in a source text: the text between the quotes and its line (1-based). */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** `import type …`: gone when the program runs. */
  readonly isType: boolean;
}

interface Token {
  readonly kind: 'word' | 'string' | 'mark';
  readonly text: string;
  readonly line: number;
}

const BLANK = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const WORD = /[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*|\d[\w.]*/uy;
const STRING = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const REGEXP = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const TEMPLATE_PART = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y;

/** Words after which a slash opens a regular expression, not a division. */
const BEFORE_REGEXP = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'do',
  'else',
  'void',
  'await',
  'yield',
  'throw',
]);

/**
 * Every module that a TypeScript source names: static imports with or without `type`, re-exports, `import()` of a
 * literal, also in a type. Comments, strings, templates and regular expressions are read as such, so that an import
 * quoted in one of them does not count. Type-only imports count: they tie files together as well.
 */
export function importsOf(source: string): Import[] {
  const tokens = tokenize(source);
  const found: Import[] = [];
  tokens.forEach((token, at) => {
    if (token.kind !== 'word' || tokens[at - 1]?.text === '.') return;
    if (token.text !== 'import' && token.text !== 'export') return;
    const named = moduleNamedAfter(tokens, at);
    if (named !== undefined)
      found.push({
        specifier: named.text.slice(1, -1),
        line: token.line,
        isType: tokens[at + 1]?.text === 'type' && tokens[at + 2]?.text !== 'from',
      });
  });
  return found;
}

function moduleNamedAfter(tokens: readonly Token[], at: number): Token | undefined {
  const isImport = tokens[at]?.text === 'import';
  const next = tokens[at + 1];
  if (isImport && next?.kind === 'string') return next;
  if (isImport && next?.text === '(') return tokens[at + 2]?.kind === 'string' ? tokens[at + 2] : undefined;
  if (!isImport && next?.text !== '{' && next?.text !== '*' && next?.text !== 'type') return undefined;
  for (let i = at + 1; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.text === 'from' && tokens[i + 1]?.kind === 'string') return tokens[i + 1];
    if (token?.kind === 'mark' && !'{},*'.includes(token.text)) return undefined;
  }
  return undefined;
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  /** For every open brace: does its end take up a template again? */
  const braces: boolean[] = [];
  let at = 0;
  let line = 1;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text === undefined) return undefined;
    at += text.length;
    line += text.split('\n').length - 1;
    return text;
  };
  const template = (): void => {
    const part = take(TEMPLATE_PART);
    if (part === undefined) at = source.length;
    else if (part.endsWith('${')) braces.push(true);
    else tokens.push({ kind: 'mark', text: '`', line });
  };
  while (at < source.length) {
    if (take(BLANK) !== undefined) continue;
    const start = line;
    const word = take(WORD);
    const string = word === undefined ? take(STRING) : undefined;
    const text = word ?? string ?? (opensRegExp(tokens.at(-1)) ? take(REGEXP) : undefined);
    if (text !== undefined) {
      tokens.push({ kind: word !== undefined ? 'word' : string !== undefined ? 'string' : 'mark', text, line: start });
      continue;
    }
    const mark = source.charAt(at);
    at += 1;
    if (mark === '`') template();
    else if (mark === '}' && braces.pop() === true) template();
    else {
      if (mark === '{') braces.push(false);
      tokens.push({ kind: 'mark', text: mark, line });
    }
  }
  return tokens;
}

function opensRegExp(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === 'word') return BEFORE_REGEXP.has(before.text);
  return before.kind === 'mark' && '(,=:[!&|?{};<>+-*%^~'.includes(before.text);
}
