import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { labHome, sweep } from '../lab/residue.ts';
import { sweepDatabases } from './database.ts';
import { endAll, type FileResult, runCheck, runFile } from './file.ts';
import { sweepGroups } from './processor-time.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['src', 'test', 'bench', 'lab'];
const FILE_TIMEOUT_MS = 15 * 60_000;
/** More than there are cores: tests of whole machines wait for them as often as they work. */
const AT_ONCE = availableParallelism() + 1;
/** How many of the most costly files are told of at the end of a long run. */
const COSTLY = 20;

/** The most costly files, as the end of a run tells them: a hint, which does no harm when it is old. */
const LONGEST: readonly string[] = [
  'test/image-machine.e2e.test.ts',
  'test/hostile-root.e2e.test.ts',
  'test/broken-roots.e2e.test.ts',
  'test/image-bake.e2e.test.ts',
  'test/documents.e2e.test.ts',
  'test/faults-servers.e2e.test.ts',
  'test/faults-nodes.e2e.test.ts',
  'test/image-refused.e2e.test.ts',
  'test/killed.e2e.test.ts',
  'test/patch.e2e.test.ts',
  'test/scan.e2e.test.ts',
  'test/in-place.e2e.test.ts',
  'test/bad-input.e2e.test.ts',
];

const CHECKS: ReadonlyArray<readonly [name: string, argv: readonly string[]]> = [
  ['check: types', ['tsc', '--noEmit']],
  ['check: lint and format', ['biome', 'check', '--error-on-warnings', '.']],
  ['check: rooms', [process.execPath, join(import.meta.dirname, 'rooms.ts')]],
];

type Job = () => Promise<FileResult>;

/** Test files whose path starts with one of `filters`, else those whose path contains one; all without filters. */
export function select(files: readonly string[], filters: readonly string[]): string[] {
  const plain = filters.map((filter) => filter.replace(/^\.\//, ''));
  if (plain.length === 0) return [...files];
  const starting = files.filter((file) => plain.some((filter) => file.startsWith(filter)));
  return starting.length > 0 ? starting : files.filter((file) => plain.some((filter) => file.includes(filter)));
}

/** A long file at the end would keep all others' processors idle. */
function longestFirst(files: readonly string[]): string[] {
  const place = (path: string): number => {
    const known = LONGEST.indexOf(path);
    if (known !== -1) return known;
    return LONGEST.length + (path.endsWith('.e2e.test.ts') ? 0 : path.startsWith('test/') ? 1 : 2);
  };
  return [...files].sort((a, b) => place(a) - place(b));
}

function testFiles(): string[] {
  const files = FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  );
  return files.filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules/')).sort();
}

async function runAll(jobs: readonly Job[], atOnce: number): Promise<FileResult[]> {
  const results: FileResult[] = [];
  const waiting = [...jobs];
  const worker = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const result = await job();
      print(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

function count(results: readonly FileResult[], kind: 'passed' | 'failed' | 'skipped'): number {
  return results.flatMap(({ records }) => records).filter((record) => record.kind === kind).length;
}

function sum(results: readonly FileResult[]): string {
  const skipped = count(results, 'skipped');
  const rest = skipped === 0 ? '' : `, ${skipped} skipped`;
  return `${count(results, 'passed')} passed, ${count(results, 'failed')} failed${rest}`;
}

/** A line for each reason why tests did not run: in a long list of files such a gap is not seen. */
export function gaps(results: readonly FileResult[]): string[] {
  const found = new Map<string, string[]>();
  for (const { path, records } of results)
    for (const record of records)
      if (record.kind === 'skipped') found.set(record.why, [...(found.get(record.why) ?? []), path]);
  return [...found].map(([why, paths]) => {
    const tests = paths.length === 1 ? '1 test' : `${paths.length} tests`;
    return `NOT PROVED, ${tests} skipped: ${why} (${[...new Set(paths)].join(' ')})`;
  });
}

function print(result: FileResult): void {
  const hasFailed = count([result], 'failed') > 0;
  const mark = hasFailed ? styleText('red', 'FAIL') : styleText('green', 'ok  ');
  const { processorSeconds } = result;
  const processor = processorSeconds === null ? '' : `, processor ${processorSeconds.toFixed(1)} s`;
  console.log(`${mark} ${result.path}  ${sum([result])}  ${result.seconds.toFixed(1)} s${processor}`);
  printFaults(result);
  const isWordy = hasFailed || !result.path.startsWith('check: ');
  if (isWordy && result.said.trim() !== '') console.log(indent(result.said.trimEnd(), '     | '));
}

/** Where the time of the run went: as long as its processors are busy, nothing else makes it shorter. */
function printCostly(results: readonly FileResult[]): void {
  const costs = results.flatMap(({ path, processorSeconds: cost }) => (cost === null ? [] : [{ path, cost }]));
  if (costs.length < COSTLY) return;
  const total = costs.reduce((whole, { cost }) => whole + cost, 0);
  console.log(`\nProcessor time: ${total.toFixed(0)} s. The most costly:`);
  for (const { path, cost } of costs.sort((a, b) => b.cost - a.cost).slice(0, COSTLY)) {
    console.log(`${cost.toFixed(1).padStart(7)} s  ${path}`);
  }
}

function printFaults({ records }: FileResult): void {
  for (const record of records) {
    if (record.kind === 'skipped') console.log(`     skipped: ${record.name}: ${record.why}`);
    if (record.kind !== 'failed') continue;
    console.log(`     ${styleText('red', 'failed')}: ${record.name}\n${indent(record.why, '       ')}`);
  }
}

function indent(text: string, by: string): string {
  return text.replace(/^/gm, by);
}

async function sweepLab(): Promise<void> {
  if (process.getuid?.() === 0 && existsSync(labHome())) await sweep();
}

async function main(filters: readonly string[]): Promise<void> {
  await sweepGroups();
  sweepDatabases();
  const files = select(testFiles(), filters);
  const jobs = (paths: readonly string[]): Job[] => paths.map((path) => () => runFile(path, FILE_TIMEOUT_MS));
  const checks =
    filters.length > 0
      ? []
      : CHECKS.map(
          ([name, argv]) =>
            () =>
              runCheck(name, argv, FILE_TIMEOUT_MS),
        );
  const results = [
    ...(await runAll(checks, availableParallelism())),
    ...(await runAll(jobs(longestFirst(files)), AT_ONCE)),
  ];
  await sweepLab();
  printCostly(results);
  const failing = results.filter((result) => count([result], 'failed') > 0);
  if (failing.length > 0) console.log(`\nFailed: ${failing.map(({ path }) => path).join(' ')}`);
  if (results.length === 0) console.log(`No test file matches ${filters.join(' ')}`);
  for (const line of gaps(results)) console.log(styleText('yellow', line));
  console.log(sum(results));
  process.exitCode = failing.length === 0 && count(results, 'passed') > 0 ? 0 : 1;
}

if (import.meta.main) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      endAll()
        .then(sweepLab)
        .finally(() => process.exit(1));
    });
  }
  await main(process.argv.slice(2));
}
