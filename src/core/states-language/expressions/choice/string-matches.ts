/**
 * StringMatches: `*` stands for any characters, also none; `\*` and `\\` for themselves. Takes time linear in the text for each
 * `*` at the most.
 * https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
 */
export function stringMatches(text: string, pattern: string): boolean {
  const parts = partsOf(pattern);
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return text === first;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** The literal parts between the asterisks. */
function partsOf(pattern: string): string[] {
  const parts = [''];
  for (let at = 0; at < pattern.length; at += 1) {
    const isEscape = pattern[at] === '\\' && at + 1 < pattern.length;
    if (pattern[at] === '*') parts.push('');
    else parts[parts.length - 1] += pattern.charAt(isEscape ? ++at : at);
  }
  return parts;
}
