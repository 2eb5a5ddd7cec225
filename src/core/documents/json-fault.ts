const BLANK = /[ \t\n\r]*/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z0-9_$]*/y;
const LITERALS = new Set(['true', 'false', 'null']);

/** What may come next: a value, a value or the end of an empty list, a key, a key or the end of an empty object … */
type Expected = 'value' | 'item' | 'key' | 'entry' | 'colon' | 'comma' | 'end';

/**
 * The offset at which a text stops being JSON (RFC 8259), or null where it is JSON. A word that is no literal ends the
 * reading behind itself, as in AWS's messages. What JSON.parse says of the place differs with the text.
 */
export function jsonFaultAt(text: string): number | null {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const match = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0].length ?? 0;
  };
  const afterValue = (): Expected => (open.length === 0 ? 'end' : 'comma');
  for (;;) {
    at += match(BLANK);
    const char = text[at];
    if (expected === 'end') return char === undefined ? null : at;
    if (char === undefined) return at;
    const closes = char === (open.at(-1) === '{' ? '}' : ']') && open.length > 0;
    if (closes && (expected === 'comma' || expected === 'item' || expected === 'entry')) {
      open.pop();
      at += 1;
      expected = afterValue();
    } else if (expected === 'comma' || expected === 'colon') {
      if (char !== (expected === 'comma' ? ',' : ':')) return at;
      at += 1;
      expected = expected === 'comma' && open.at(-1) === '{' ? 'key' : 'value';
    } else if (expected === 'key' || expected === 'entry') {
      const length = match(TEXT);
      if (length === 0) return at;
      at += length;
      expected = 'colon';
    } else if (char === '{' || char === '[') {
      open.push(char);
      at += 1;
      expected = char === '{' ? 'entry' : 'item';
    } else {
      const length = match(TEXT) || match(NUMBER) || literalLength(text, at);
      if (length === 0) return at + match(WORD);
      at += length;
      expected = afterValue();
    }
  }
}

function literalLength(text: string, at: number): number {
  WORD.lastIndex = at;
  const word = WORD.exec(text)?.[0] ?? '';
  return LITERALS.has(word) ? word.length : 0;
}
