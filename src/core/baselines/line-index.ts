/** Finds the line and column of any offset of a text. */
export interface LineIndex {
  /** Both from 1; the column in UTF-16 code units. An offset past the end is the end. */
  readonly at: (offset: number) => { readonly line: number; readonly column: number };
}

export function lineIndex(text: string): LineIndex {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return {
    at(offset) {
      const bounded = Math.min(Math.max(offset, 0), text.length);
      let [low, high] = [0, starts.length - 1];
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if ((starts[middle] ?? 0) <= bounded) low = middle;
        else high = middle - 1;
      }
      return { line: low + 1, column: bounded - (starts[low] ?? 0) + 1 };
    },
  };
}
