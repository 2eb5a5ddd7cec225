const QUOTE = 34;
const COMMA = 44;
const NEWLINE = 10;

/**
 * The rows of a comma separated table with quotes, doubled quotes and line ends inside quotes.
 * https://www.rfc-editor.org/rfc/rfc4180
 */
export function* csvRows(text: string): Generator<readonly string[]> {
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const quoted = text.charCodeAt(at) === QUOTE;
    const end = quoted ? endOfQuoted(text, at + 1) : endOfPlain(text, at);
    row.push(quoted ? text.slice(at + 1, end).replaceAll('""', '"') : text.slice(at, end).trim());
    // Whatever stands between a closing quote and the next comma is no data.
    const next = quoted ? endOfPlain(text, Math.min(end + 1, text.length)) : end;
    if (next >= text.length || text.charCodeAt(next) === NEWLINE) {
      yield row;
      row = [];
    }
    at = next + 1;
  }
  if (row.length > 0) yield [...row, ''];
}

function endOfPlain(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === NEWLINE) return at;
    at += 1;
  }
  return at;
}

function endOfQuoted(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0 && text.charCodeAt(at + 1) === QUOTE) at = text.indexOf('"', at + 2);
  return at < 0 ? text.length : at;
}
