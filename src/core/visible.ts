/**
 * One printable column a character: ASCII, accented Latin, and the dashes, quotes and bullets of plain prose.
 * Anything else may move the cursor, colour the screen, turn the direction of the text, take two columns or none, or
 * pass for a Latin letter, so it is written as its code point.
 */
const UNSAFE = /[^\x20-\x7e\u00a1-\u00ac\u00ae-\u017f\u2010-\u2027]/gu;

/**
 * `text` from a machine or a file, made safe for a terminal, a log and XML: `\n`, `\r` and `\t` stay readable as
 * their escapes, every other unsafe character becomes `\u{1b}`. The result has one line, and its length is its width.
 */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    if (character === '\t') return '\\t';
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
