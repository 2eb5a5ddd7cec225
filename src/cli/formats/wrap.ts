/**
 * `text` in lines of at most `width` columns, broken at spaces; a single word that is longer is cut into pieces, so
 * nothing is lost. `first` stands before the first line and `rest` before the others; both count.
 */
export function wrap(text: string, width: number, first = '', rest = first): readonly string[] {
  const lines: string[] = [];
  let line = '';
  const prefix = () => (lines.length === 0 ? first : rest);
  const room = () => Math.max(8, width - prefix().length);
  const flush = () => {
    lines.push(prefix() + line);
    line = '';
  };
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room()) flush();
    let left = word;
    while (line === '' && left.length > room()) {
      line = left.slice(0, room());
      left = left.slice(line.length);
      flush();
    }
    line = line === '' ? left : `${line} ${left}`;
  }
  if (line !== '' || lines.length === 0) flush();
  return lines;
}

/** Columns of the longest of `texts`; 0 when there is none. */
export function longest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, text.length), 0);
}
