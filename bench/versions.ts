import { spawnSync } from 'node:child_process';
import { compareKeys } from '../src/core/versions/key.ts';
import { VERSION_SCHEMES } from '../src/core/versions/schemes.ts';
import { readVectors, withoutVectors } from '../test/vectors.ts';
import type { BenchRow } from './row.ts';

type Pair = readonly [string, string];

/** How long to go on with rounds over all pairs: long enough for either engine to be warm. */
const MILLISECONDS = 400;
const SPAWNS = 40;
// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills it in
const FORMAT = '${Version}\\n';
const { compare, key } = VERSION_SCHEMES.dpkg;

/** Comparing Debian versions: ours as text and as keys, beside python3-apt in a loop and dpkg in a process a pair. */
export async function benchVersions(): Promise<BenchRow[]> {
  const pairs = realPairs();
  const keys = pairs.map(([a, b]): Pair => [key(a) ?? '', key(b) ?? '']);
  const asText = microseconds(pairs.length, () => pairs.reduce((sum, [a, b]) => sum + compare(a, b), 0));
  const asKeys = microseconds(keys.length, () => keys.reduce((sum, [a, b]) => sum + compareKeys(a, b), 0));
  const making = microseconds(pairs.length, () => pairs.reduce((sum, [a]) => sum + (key(a) ?? '').length, 0));
  const apt = aptMicroseconds(pairs);
  const dpkg = dpkgMicroseconds(pairs);
  const what = `${pairs.length} pairs of real versions`;
  return [
    row('compare two Debian versions', asText, apt, 'apt_pkg.version_compare in a Python loop', what),
    row('compare two sortable keys', asKeys, apt, 'apt_pkg.version_compare in a Python loop', what),
    row(
      'compare two Debian versions',
      asText,
      dpkg,
      'dpkg --compare-versions, a process a pair',
      `${SPAWNS} of the pairs`,
    ),
    row('make the sortable key of a version', making, undefined, 'nothing to compare with', 'once a version'),
  ];
}

function row(job: string, ours: number, theirs: number | undefined, versus: string, note: string): BenchRow {
  if (theirs === undefined) return { job, ours: show(ours), theirs: '–', versus, ratio: null, note };
  return { job, ours: show(ours), theirs: show(theirs), versus, ratio: theirs / ours, note };
}

function show(microseconds: number): string {
  return microseconds < 1000 ? `${microseconds.toPrecision(2)} µs` : `${(microseconds / 1000).toPrecision(2)} ms`;
}

/** Pairs of real versions: from the truth tables, else what this machine has installed, each beside another one. */
function realPairs(): readonly Pair[] {
  if (!withoutVectors) {
    return readVectors('debian-libapt-10k.txt').map((line): Pair => {
      const [a = '', b = ''] = line.split(' ');
      return [a, b];
    });
  }
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', FORMAT], { encoding: 'utf8' });
  const versions = (stdout || '1.0-1\n').trim().split('\n');
  return versions.flatMap((a, i) => [1, 7, 61].map((step): Pair => [a, versions[(i + step) % versions.length] ?? a]));
}

/** Time of one of `count` equal pieces of work: the best of many rounds, so that other load counts little. */
function microseconds(count: number, round: () => number): number {
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + MILLISECONDS;
  for (let start = performance.now(); start < end; start = performance.now()) {
    // The sum is looked at, so that no engine may leave the work out.
    if (Number.isNaN(round())) throw new Error('a comparison is a number');
    best = Math.min(best, performance.now() - start);
  }
  return (best * 1000) / count;
}

const PYTHON = `
import sys, time, apt_pkg
apt_pkg.init_system()
compare = apt_pkg.version_compare
pairs = [line.split() for line in sys.stdin]
best = float('inf')
end = time.perf_counter() + ${MILLISECONDS / 1000}
while time.perf_counter() < end:
    start = time.perf_counter()
    for a, b in pairs:
        compare(a, b)
    best = min(best, time.perf_counter() - start)
print(best * 1e6 / len(pairs))
`;

function aptMicroseconds(pairs: readonly Pair[]): number | undefined {
  const input = pairs.map(([a, b]) => `${a} ${b}\n`).join('');
  const { status, stdout } = spawnSync('/usr/bin/python3', ['-c', PYTHON], { input, encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}

function dpkgMicroseconds(pairs: readonly Pair[]): number | undefined {
  const some = pairs.slice(0, SPAWNS);
  const start = performance.now();
  for (const [a, b] of some) {
    const { status } = spawnSync('dpkg', ['--compare-versions', a, 'lt', b]);
    if (status !== 0 && status !== 1) return undefined;
  }
  return ((performance.now() - start) * 1000) / some.length;
}
