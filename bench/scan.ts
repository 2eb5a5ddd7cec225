import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshRoot } from '../lab/roots.ts';
import type { BenchRow } from './row.ts';

const KINTSUGI = new URL('../bin/kintsugi', import.meta.url).pathname;
const ROUNDS = 7;
const NO_CACHE = ['-o', 'Dir::Cache::pkgcache=', '-o', 'Dir::Cache::srcpkgcache='];

/** A whole `kintsugi scan`, from starting the process to the printed report, beside what people run instead. */
export async function benchScan(): Promise<BenchRow[]> {
  if (process.getuid?.() !== 0) return [];
  const root = await freshRoot('pending');
  const home = mkdtempSync(join(tmpdir(), 'kintsugi-bench-'));
  try {
    return [...scans(root.path, home, false), ...scans(root.path, home, true), startUp()];
  } finally {
    rmSync(home, { recursive: true, force: true });
    await root.dispose();
  }
}

function scans(path: string, home: string, cached: boolean): BenchRow[] {
  const caches = ['pkgcache.bin', 'srcpkgcache.bin'].map((name) => join(path, 'var/cache/apt', name));
  const prepare = () => {
    if (cached) run(['chroot', path, 'apt-get', 'check'], {});
    else for (const file of caches) rmSync(file, { force: true });
  };
  const options = cached ? [] : NO_CACHE;
  const jobs = {
    ours: { command: [KINTSUGI, 'scan', '--root', path, '--json'], codes: [0, 3, 4] },
    list: { command: ['chroot', path, 'apt', ...options, 'list', '--upgradable'], codes: [0] },
    simulate: { command: ['chroot', path, 'apt-get', ...options, '-s', 'dist-upgrade'], codes: [0] },
    python: { command: ['/usr/bin/python3', '-c', PYTHON, path], codes: [0] },
  };
  const best: Record<string, number | null> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, { command, codes }] of Object.entries(jobs)) {
      prepare();
      const took = run(command, { KINTSUGI_HOME: home }, codes);
      if (took === null) best[name] = null;
      else if (best[name] !== null) best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, took);
    }
  }
  const job = `scan a Debian root, ${cached ? 'with' : 'without'} apt's package cache`;
  const row = (versus: string, theirs: number | null | undefined): BenchRow => ({
    job,
    ours: show(best.ours ?? null),
    theirs: show(theirs ?? null),
    versus,
    ratio: theirs == null || best.ours == null ? null : theirs / best.ours,
  });
  return [
    row('apt list --upgradable', best.list),
    row('apt-get -s dist-upgrade', best.simulate),
    ...(cached ? [] : [row('python3-apt, Cache() and is_upgradable', best.python)]),
  ];
}

const PYTHON = `
import sys, apt, apt_pkg
apt_pkg.config.set("Dir::Cache::pkgcache", "")
apt_pkg.config.set("Dir::Cache::srcpkgcache", "")
cache = apt.Cache(rootdir=sys.argv[1])
print(sum(p.is_upgradable for p in cache))
`;

function startUp(): BenchRow {
  const node = new URL('../node_modules/node/bin/node', import.meta.url).pathname;
  let ours = Number.POSITIVE_INFINITY;
  let bare = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 15; round += 1) {
    ours = Math.min(ours, run([KINTSUGI, '--help'], {}) ?? Number.POSITIVE_INFINITY);
    bare = Math.min(bare, run([node, '-e', '0'], {}) ?? Number.POSITIVE_INFINITY);
  }
  return { job: 'kintsugi --help', ours: show(ours), theirs: show(bare), versus: 'node -e 0', ratio: bare / ours };
}

/** Milliseconds; null where the command failed. */
function run(
  command: readonly string[],
  environment: NodeJS.ProcessEnv,
  codes: readonly number[] = [0],
): number | null {
  const [file = '', ...args] = command;
  const start = performance.now();
  const { status } = spawnSync(file, args, {
    stdio: 'ignore',
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...environment },
  });
  const took = performance.now() - start;
  return status !== null && codes.includes(status) ? took : null;
}

function show(milliseconds: number | null): string {
  return milliseconds === null ? '–' : `${Math.round(milliseconds)} ms`;
}
