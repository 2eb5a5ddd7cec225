import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { clearAway, inUse, labHome, sweep } from './residue.ts';
import { copyTo, type LabRoot, labRoot } from './root.ts';
import { cachedFor } from './roots.ts';
import type { Variant } from './variant.ts';

/** The list of roots that were made to stay, and the mark in each by which we know it as ours. */
const LIST = 'made';
const MARK = 'etc/kintsugi-lab-made';

/** Makes a root at `folder`, which must be empty or not there yet, for as long as the user likes. */
export async function makeAt(variant: Variant, folder: string): Promise<LabRoot> {
  const path = resolve(folder);
  await mkdir(path, { recursive: true });
  if ((await readdir(path)).length > 0) throw new Error(`lab: ${path} is not empty`);
  const root = await copyTo(await cachedFor(variant), path);
  await writeFile(join(path, MARK), '');
  await appendFile(join(labHome(), LIST), `${path}\n`);
  return labRoot(path, root.dispose, await variant.apply(root));
}

/** Removes all that the lab has made on this machine: roots made to stay, caches, mounts. Answers what it removed. */
export async function cleanAll(): Promise<string[]> {
  await sweep();
  const users = await inUse();
  if (users.length > 0) throw new Error(`lab: in use by process ${users.map((name) => name.split('-')[0]).join(', ')}`);
  const home = labHome();
  const list = join(home, LIST);
  const made = existsSync(list) ? readFileSync(list, 'utf8').split('\n').filter(Boolean) : [];
  const ours = made.filter((path) => existsSync(join(path, MARK)));
  const parts = (await readdir(home)).filter((name) => /^(?:run|roots|made|fleet\.log|.*\.lock)$/.test(name));
  for (const path of ours) await clearAway(path);
  for (const name of ['run', 'roots']) await clearAway(join(home, name));
  for (const name of parts) await rm(join(home, name), { force: true, recursive: true });
  await rmdir(home).catch(() => {});
  return [...ours, home];
}
