/**
 * JSON in ASCII: control characters, turned directions and half surrogate pairs are `\uXXXX`, so the document shows the
 * same in every terminal and survives every encoding; parsed, it is exactly `value`.
 * One line, or indented for people; a line break at the end.
 */
export function asciiJson(value: unknown, indented: boolean): string {
  const text = JSON.stringify(value, undefined, indented ? 2 : 0);
  const ascii = text.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `${ascii}\n`;
}
