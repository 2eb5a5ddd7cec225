import { cpus } from 'node:os';
import { benchEvaluate } from './evaluate.ts';
import { benchExecutions } from './executions.ts';
import { benchExpressions } from './expressions.ts';
import { benchIndexes } from './indexes.ts';
import type { BenchRow } from './row.ts';
import { benchScan } from './scan.ts';
import { benchVersions } from './versions.ts';

/** Every speed that is claimed, measured beside what a user would pick instead, in one run, as a Markdown table. */
const groups = [benchScan, benchEvaluate, benchVersions, benchIndexes, benchExpressions, benchExecutions];
const rows: BenchRow[] = [];
for (const group of groups) {
  process.stderr.write(`measuring ${group.name}\n`);
  rows.push(...(await group()));
}
const model = cpus()[0]?.model ?? 'unknown processor';
console.log(
  `Measured ${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores of ${model}, Node ${process.versions.node}.`,
);
console.log('Ratio: their time over ours; above 1 Kintsugi is faster. Best of several rounds each.\n');
console.log('| job | Kintsugi | beside it | its time | ratio |\n| --- | --- | --- | --- | --- |');
for (const { job, ours, theirs, versus, ratio, note } of rows) {
  console.log(
    `| ${job}${note ? ` (${note})` : ''} | ${ours} | ${versus} | ${theirs} | ${ratio === null ? '–' : ratio.toPrecision(2)} |`,
  );
}
