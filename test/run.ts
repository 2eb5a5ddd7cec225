import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { labHome, sweep } from '../lab/residue.ts';
import { endAll, type FileResult, runCheck, runFile } from './file.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['src', 'test', 'bench', 'lab'];
const FILE_TIMEOUT_MS = 15 * 60_000;
/** More than there are cores: tests of whole machines wait for them as often as they work. */
const AT_ONCE = availableParallelism() + 1;

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
  console.log(`${mark} ${result.path}  ${sum([result])}  ${result.seconds.toFixed(1)} s`);
  printFaults(result);
  const isWordy = hasFailed || !result.path.startsWith('check: ');
  if (isWordy && result.said.trim() !== '') console.log(indent(result.said.trimEnd(), '     | '));
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
  const isLong = (path: string): boolean => path.endsWith('.e2e.test.ts');
  const results = [
    ...(await runAll(checks, availableParallelism())),
    // The long ones first: a long one at the end would keep all others' cores idle.
    ...(await runAll(jobs([...files.filter(isLong), ...files.filter((path) => !isLong(path))]), AT_ONCE)),
  ];
  await sweepLab();
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
