const LETTERS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** What a text of an intrinsic function means: `\\'` is a quote, `\\n` a line break, `\\{` a brace. */
export function unescaped(raw: string): string {
  return raw.replace(/\\([\s\S])/g, (_, char: string) => LETTERS[char] ?? char);
}
