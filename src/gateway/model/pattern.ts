const compiled = new Map<string, RegExp>();

/**
 * A pattern of the service's model as a test of the whole string: Java's `matches()`, which is how AWS reads them.
 * Only `\p{…}` needs the `u` flag, and some patterns do not compile with it (needless escapes); an inline `(?i)`
 * becomes a flag.
 */
export function matchesPattern(pattern: string, value: string): boolean {
  let regexp = compiled.get(pattern);
  if (regexp === undefined) {
    const isCaseless = pattern.startsWith('(?i)');
    const flags = `${pattern.includes('\\p{') ? 'u' : ''}${isCaseless ? 'i' : ''}`;
    regexp = new RegExp(`^(?:${isCaseless ? pattern.slice(4) : pattern})$`, flags);
    compiled.set(pattern, regexp);
  }
  return regexp.test(value);
}
