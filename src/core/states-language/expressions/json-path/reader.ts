import { PathSyntaxError } from './syntax.ts';

/** A place in the text of a path, moved on by those who read it. */
export interface Reader {
  readonly text: string;
  at: number;
}

export function refuse(reader: Reader, what: string): never {
  throw new PathSyntaxError(`${what} at position ${reader.at}`);
}

export function skipSpace(reader: Reader): void {
  while (reader.text[reader.at] === ' ' || reader.text[reader.at] === '\t') reader.at += 1;
}

/** Reads past `token` if the text goes on with it. */
export function accept(reader: Reader, token: string): boolean {
  if (!reader.text.startsWith(token, reader.at)) return false;
  reader.at += token.length;
  return true;
}

export function expect(reader: Reader, token: string): void {
  if (!accept(reader, token)) refuse(reader, `Expected '${token}'`);
}

/** What a sticky expression matches here, read past; null where it does not match. */
export function acceptMatch(reader: Reader, pattern: RegExp): string | null {
  pattern.lastIndex = reader.at;
  const match = pattern.exec(reader.text);
  if (match === null) return null;
  reader.at += match[0].length;
  return match[0];
}

/** A text in single or double quotes; a backslash takes the next character as it is, but for `\n`, `\t`, `\r`, `\uXXXX`. */
export function readQuoted(reader: Reader): string {
  const quote = reader.text[reader.at];
  if (quote !== "'" && quote !== '"') return refuse(reader, 'Expected a quoted text');
  let said = '';
  for (reader.at += 1; reader.at < reader.text.length; reader.at += 1) {
    const char = reader.text.charAt(reader.at);
    if (char === quote) {
      reader.at += 1;
      return said;
    }
    said += char === '\\' ? readEscape(reader) : char;
  }
  return refuse(reader, 'A quoted text does not end');
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

function readEscape(reader: Reader): string {
  reader.at += 1;
  const char = reader.text.charAt(reader.at);
  const code = /^[0-9a-fA-F]{4}$/.exec(reader.text.slice(reader.at + 1, reader.at + 5));
  if (char === 'u' && code !== null) {
    reader.at += 4;
    return String.fromCharCode(Number.parseInt(code[0], 16));
  }
  return ESCAPES[char] ?? char;
}
