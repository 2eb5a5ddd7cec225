/** The longest time that a definition can give: https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html */
export const MOST_SECONDS = 99_999_999;
const MOST_RESOURCE = 256;

/** What the name of a task's resource may be: AWS's bound of ARNs, and nothing that cannot be seen. */
export function isResource(text: string): boolean {
  return text.length <= MOST_RESOURCE && /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(text);
}
