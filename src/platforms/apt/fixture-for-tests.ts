import { readFileSync } from 'node:fs';

/** What a real tool said, from `fixtures/`, without the first line, which holds the command that was asked. */
export function captured(name: string): string {
  const text = readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
  return text.slice(text.indexOf('\n') + 1);
}
