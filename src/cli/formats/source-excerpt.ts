/** Columns of a source line that are shown at most: minified JSON is one line of thousands. */
const WIDTH = 100;
const BEFORE = 60;

export interface Excerpt {
  /** A part of the line, in which every character takes one column. */
  readonly source: string;
  /** What stands before the caret. */
  readonly indent: string;
}

/**
 * The part of `line` around `column` (from 1), to print with a caret below; null where the line is blank.
 * What a terminal might obey or show in other than one column becomes a dot, and credentials become stars.
 */
export function excerpt(line: string, column: number): Excerpt | null {
  const shown = hideCredentials(line.replace(/\t/g, ' ')).replace(
    /[^\x20-\x7e\u00a1-\u00ac\u00ae-\u017f\u2010-\u2027]/g,
    '·',
  );
  if (shown.trim() === '') return null;
  const caret = Math.min(Math.max(column, 1), shown.length + 1) - 1;
  const start = shown.length <= WIDTH || caret <= BEFORE ? 0 : caret - BEFORE;
  const cut = shown.slice(start, start + WIDTH);
  const source = `${start > 0 ? `…${cut.slice(1)}` : cut}${start + WIDTH < shown.length ? '…' : ''}`;
  return { source: source.trimEnd(), indent: ' '.repeat(caret - start) };
}

/** As many stars as letters, so that columns stay what they are. */
function hideCredentials(line: string): string {
  const stars = (text: string) => '*'.repeat(text.length);
  return line
    .replace(/(:\/\/)([^/\s@]+)(?=@)/g, (_, scheme: string, user: string) => scheme + stars(user))
    .replace(
      /((?:password|passwd|secret|token|api_?key|sslclientkey)["']?\s*[=:]\s*["']?)([^\s"',\\}]+)/gi,
      (_, name: string, value: string) => name + stars(value),
    );
}
