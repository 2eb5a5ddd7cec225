import { cpus } from 'node:os';
import { benchBake } from './bake.ts';
import { benchEvaluate } from './evaluate.ts';
import { benchExecutions } from './executions.ts';
import { benchExposure } from './exposure.ts';
import { benchExpressions } from './expressions.ts';
import { benchIndexes } from './indexes.ts';
import { benchNodes } from './nodes.ts';
import { benchOperations } from './operations.ts';
import type { BenchRow } from './row.ts';
import { benchScan } from './scan.ts';
import { benchVersions } from './versions.ts';

/** Every speed that is claimed, measured beside what a user would pick instead, in one run, as a Markdown table; with arguments only these groups. */
const groups = [
  benchScan,
  benchEvaluate,
  benchVersions,
  benchIndexes,
  benchOperations,
  benchNodes,
  benchExposure,
  benchExpressions,
  benchExecutions,
  benchBake,
];
const rows: BenchRow[] = [];
const wanted = process.argv.slice(2).map((name) => name.toLowerCase());
const chosen = groups.filter(({ name }) => wanted.length === 0 || wanted.includes(name.slice(5).toLowerCase()));
if (chosen.length === 0) {
  process.stderr.write(`bench: there are ${groups.map(({ name }) => name.slice(5).toLowerCase()).join(' ')}\n`);
  process.exit(2);
}
for (const group of chosen) {
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
