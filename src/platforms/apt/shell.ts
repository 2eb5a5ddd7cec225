import { readFileSync } from 'node:fs';

/** One word for a POSIX shell, whatever is in it. NUL cannot be in a word: it is a programmer's mistake here. */
export function quote(word: string): string {
  if (word.includes('\0')) throw new Error('a NUL cannot be passed to a shell');
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * A script of `scripts/` with its inputs as quoted assignments in front, and `parts` (files of functions) between: the
 * same text runs through `sh -s` on this machine, in a chroot, over ssh or by an agent, and needs neither arguments nor
 * a file on the other side.
 */
export function composeScript(
  name: string,
  variables: Readonly<Record<string, string>>,
  parts: readonly string[] = [],
): string {
  const head = Object.entries(variables).map(([key, value]) => {
    if (!/^[A-Z][A-Z_]*$/.test(key)) throw new Error(`not a name for a shell variable: ${key}`);
    return `${key}=${quote(value)}`;
  });
  const texts = [...parts, name].map((file) => readFileSync(new URL(`./scripts/${file}`, import.meta.url), 'utf8'));
  return [...head, ...texts].join('\n');
}
