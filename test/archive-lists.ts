import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ARCHIVE } from '../lab/archive/build.ts';
import type { LabRoot } from '../lab/root.ts';

const SECURITY = `${ARCHIVE}/dists/bookworm-security/main`;

/** Changes the entry of a package in the list of the lab's own security archive, as an archive does over time. */
export async function changeEntry(root: LabRoot, name: string, change: (entry: string) => string): Promise<void> {
  const architecture = (await root.must(['dpkg', '--print-architecture'])).trim();
  const path = join(root.path, SECURITY, `binary-${architecture}/Packages`);
  const entries = (await readFile(path, 'utf8')).split('\n\n');
  const index = entries.findIndex((entry) => entry.startsWith(`Package: ${name}\n`));
  const entry = entries[index];
  if (entry === undefined) throw new Error(`${name} is not in ${path}`);
  entries[index] = change(entry);
  await writeFile(path, entries.join('\n\n'));
}

/** Makes a package one of dpkg's own source: it is installed in the first step then, before all others. */
export function installFirst(root: LabRoot, name: string): Promise<void> {
  return changeEntry(root, name, (entry) => entry.replace(/^Version: /m, 'Source: dpkg\nVersion: '));
}

/** Makes the update of a package need another one. */
export function addDependency(root: LabRoot, name: string, dependency: string): Promise<void> {
  return changeEntry(root, name, (entry) => entry.replace(/^Version: /m, `Depends: ${dependency}\nVersion: `));
}
