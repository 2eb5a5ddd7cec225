import { splitSections } from './sections.ts';
import { composeScript } from './shell.ts';

export function composeRefresh(nonce: string, lockTimeoutSeconds: number): string {
  return composeScript('refresh.sh', { NONCE: nonce, LOCK_TIMEOUT: String(lockTimeoutSeconds) });
}

/** null: the lists were fetched; otherwise what apt said. */
export function parseRefresh(output: string, nonce: string): string | null {
  const sections = splitSections(output, nonce);
  const update = sections.get('update');
  if (update === undefined || !sections.has('done')) return 'it ended in the middle';
  if (update.code === 0) return null;
  const lines = update.text.split('\n').filter((line) => /^(?:[EW]: |Err:)/.test(line));
  return lines.slice(0, 5).join(' ').slice(0, 1000) || `apt-get update ended with ${update.code}`;
}
