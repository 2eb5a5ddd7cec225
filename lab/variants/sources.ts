import { readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedPort } from '../port.ts';
import type { LabRoot } from '../root.ts';
import type { Variant } from '../variant.ts';

const LISTS = 'var/lib/apt/lists';
const TEN_DAYS_MS = 10 * 24 * 3_600_000;

export const NO_LISTS: Variant = {
  about: 'the package lists were never fetched, or were cleaned away as in container images',
  from: 'debian',
  apply: async (root) => {
    await dropLists(root, () => true);
    return {};
  },
};

export const MISSING_SECURITY_LISTS: Variant = {
  about: 'the sources name the security archive, but its list was never fetched',
  from: 'debian',
  apply: async (root) => {
    await dropLists(root, (name) => name.includes('-security_'));
    return {};
  },
};

export const MIRROR_DOWN: Variant = {
  about: 'no package lists, and the mirror of the sources refuses connections',
  from: 'debian',
  apply: async (root) => {
    const mirror = `http://127.0.0.1:${await closedPort()}`;
    const suites = ['debian bookworm', 'debian-security bookworm-security', 'debian bookworm-updates'];
    await writeFile(
      join(root.path, 'etc/apt/sources.list'),
      suites.map((suite) => `deb ${mirror}/${suite} main\n`).join(''),
    );
    await dropLists(root, () => true);
    return { mirror };
  },
};

export const MIRROR_DOWN_STALE: Variant = {
  about: 'the package lists are ten days old, and the proxy to the mirror refuses connections',
  from: 'debian',
  apply: async (root) => {
    const proxy = `http://127.0.0.1:${await closedPort()}`;
    const lines = ['http', 'https'].map((scheme) => `Acquire::${scheme}::Proxy "${proxy}";\n`);
    await writeFile(join(root.path, 'etc/apt/apt.conf.d/99proxy'), lines.join(''));
    const then = new Date(Date.now() - TEN_DAYS_MS);
    const names = (await readdir(join(root.path, LISTS))).map((name) => join(root.path, LISTS, name));
    for (const path of [...names, join(root.path, LISTS)]) await utimes(path, then, then);
    return { proxy };
  },
};

async function dropLists(root: LabRoot, isDropped: (name: string) => boolean): Promise<void> {
  const lists = (await readdir(join(root.path, LISTS))).filter((name) => /_/.test(name) && isDropped(name));
  const caches = ['pkgcache.bin', 'srcpkgcache.bin'].map((name) => join(root.path, 'var/cache/apt', name));
  for (const path of [...lists.map((name) => join(root.path, LISTS, name)), ...caches]) await rm(path, { force: true });
}
