/**
 * Tells whether the whole of a text matches a document's pattern; null where that could not be found out, since a
 * pattern may take for ever. It comes in as a parameter, for only the caller can stop a match that has begun.
 */
export type PatternTest = (pattern: string, text: string) => boolean | null;

const MAX_PATTERN = 4096;

/**
 * A document's pattern as JavaScript's, for the whole of a text. AWS's are Java's: a leading `(?i)` is known, what
 * else JavaScript does not know gives null.
 */
export function compilePattern(pattern: string): RegExp | null {
  if (pattern.length > MAX_PATTERN) return null;
  const [, flags = '', rest = ''] = /^(?:\(\?([ims]+)\))?([\s\S]*)$/.exec(pattern) ?? [];
  try {
    return new RegExp(`^(?:${rest})$`, [...new Set(flags)].join(''));
  } catch {
    return null;
  }
}
