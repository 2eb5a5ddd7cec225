import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PackageIndex, readPackagesIndex } from '../src/platforms/apt/packages-index.ts';
import { readFacts, withoutFacts } from '../test/facts.ts';
import type { BenchRow } from './row.ts';

const LISTS = '/var/lib/apt/lists';
const PYTHON = '/usr/bin/python3';
const ROUNDS = 7;
const VERSUS = "python3-apt's TagFile";

/** Reads an index twice over: every name, and the versions of some packages. Prints the best time of each in ms. */
const TAG_FILE = `
import apt_pkg, sys, time
wanted = set(open(sys.argv[2]).read().split('\\n'))
def names():
    return len({s['Package'] for s in apt_pkg.TagFile(open(sys.argv[1], 'rb'))})
def versions():
    return len([(s['Version'], s['Architecture']) for s in apt_pkg.TagFile(open(sys.argv[1], 'rb')) if s['Package'] in wanted])
for job in (names, versions):
    best = 1e9
    for _ in range(${ROUNDS}):
        start = time.perf_counter()
        found = job()
        best = min(best, time.perf_counter() - start)
    print(found, best * 1000)
`;

/** Reading a Packages index from its file: all of its names, and the versions of one machine's packages. */
export async function benchIndexes(): Promise<BenchRow[]> {
  const index = largestIndex();
  if (index === null) return [];
  const wanted = installedNames(readPackagesIndex(index));
  const folder = mkdtempSync(join(tmpdir(), 'bench-indexes-'));
  try {
    const file = join(folder, 'Packages');
    writeFileSync(file, index);
    const names = bestOf(() => readPackagesIndex(readFileSync(file)).size);
    const versions = bestOf(() => versionsOf(readPackagesIndex(readFileSync(file), { wanted }), wanted));
    const inMemory = bestOf(() => readPackagesIndex(index, { wanted }).size);
    const theirs = tagFile(folder, wanted);
    const size = index.length / 1e6;
    const note = `${size.toFixed(0)} MB; ${speed(inMemory, size)} where it is in memory already`;
    return [
      row('read the names of a Packages index', names, theirs?.names, size),
      { ...row(`read the versions of ${wanted.size} packages from it`, versions, theirs?.versions, size), note },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function row(job: string, ours: number, theirs: number | undefined, size: number): BenchRow {
  const shown = { job, ours: speed(ours, size) };
  if (theirs === undefined) return { ...shown, theirs: '–', versus: `${VERSUS}, which is not there`, ratio: null };
  return { ...shown, theirs: speed(theirs, size), versus: VERSUS, ratio: theirs / ours };
}

function speed(milliseconds: number, megabytes: number): string {
  return `${milliseconds.toFixed(0)} ms (${((megabytes / milliseconds) * 1000).toFixed(0)} MB/s)`;
}

function versionsOf(index: PackageIndex, wanted: ReadonlySet<string>): number {
  let found = 0;
  for (const name of wanted) {
    for (const one of index.lookup(name)) if (one.version !== '' && one.architecture !== '') found += 1;
  }
  return found;
}

/** Milliseconds of the best of some rounds, so that other load on the machine counts little. */
function bestOf(job: () => number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    if (job() === 0) throw new Error('the index is empty');
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function tagFile(folder: string, wanted: ReadonlySet<string>): { names: number; versions: number } | null {
  const list = join(folder, 'wanted');
  writeFileSync(list, [...wanted].join('\n'));
  const { status, stdout } = spawnSync(PYTHON, ['-c', TAG_FILE, join(folder, 'Packages'), list], { encoding: 'utf8' });
  const [names, versions] = stdout?.split('\n').map((line) => Number(line.split(' ')[1])) ?? [];
  return status !== 0 || names === undefined || versions === undefined ? null : { names, versions };
}

/** The largest index of this machine, else bookworm's. */
function largestIndex(): Buffer | null {
  const own = ownIndexes().sort((a, b) => b.size - a.size)[0];
  if (own !== undefined) {
    const { status, stdout } = spawnSync('/usr/lib/apt/apt-helper', ['cat-file', own.path], { maxBuffer: 1024 ** 3 });
    if (status === 0 && stdout.length > 0) return stdout;
  }
  return withoutFacts ? null : readFacts('debian-bookworm-2026-11/main_binary-amd64_Packages.xz');
}

function ownIndexes(): { path: string; size: number }[] {
  try {
    return readdirSync(LISTS)
      .filter((name) => /_Packages(?:\.\w+)?$/.test(name))
      .map((name) => ({ path: join(LISTS, name), size: statSync(join(LISTS, name)).size }));
  } catch {
    return [];
  }
}

/** What this machine has installed and the index knows; else every 70th name of the index. */
function installedNames(index: PackageIndex): ReadonlySet<string> {
  const names = [...index.names()];
  try {
    const status = readFileSync('/var/lib/dpkg/status', 'utf8');
    const installed = new Set([...status.matchAll(/^Package: (\S+)$/gm)].map(([, name]) => name));
    return new Set(names.filter((name) => installed.has(name)));
  } catch {
    return new Set(names.filter((_, at) => at % 70 === 0));
  }
}
