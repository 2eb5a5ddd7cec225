import jsonata from 'jsonata';
import { evaluateJsonata } from '../src/core/states-language/expressions/jsonata/evaluate.ts';
import { evaluateTemplate } from '../src/core/states-language/expressions/template.ts';
import type { BenchRow } from './row.ts';

const NODES = Array.from({ length: 100 }, (_, id) => ({ id: `i-${id}`, wave: id % 4, isHealthy: id % 7 !== 0 }));
const SCOPE = { input: { nodes: NODES, family: 'web' }, context: { Execution: { Id: 'e' } }, variables: { limit: 10 } };
const TEMPLATE = {
  'family.$': '$.family',
  'healthy.$': '$.nodes[?(@.isHealthy == true && @.wave < 2)].id',
  'title.$': "States.Format('{} in {}', States.ArrayLength($.nodes), $$.Execution.Id)",
};
const EXPRESSION = '$states.input.nodes[isHealthy and wave < 2].id';

/** What a state's template and a state's JSONata cost, over a fleet of 100 nodes; beside it the bare `jsonata` library. */
export async function benchExpressions(): Promise<BenchRow[]> {
  const options = { field: 'Output', random: Math.random, now: new Date() };
  const bare = jsonata(EXPRESSION);
  const template = await best(async () => evaluateTemplate(TEMPLATE, SCOPE, Math.random));
  const ours = await best(() => evaluateJsonata(`{% ${EXPRESSION} %}`, SCOPE, options));
  const theirs = await best(() => bare.evaluate(undefined, { states: SCOPE }));
  return [
    {
      job: 'fill a payload template',
      ours: shown(template),
      theirs: '–',
      versus: 'nothing to compare with',
      ratio: null,
    },
    {
      job: 'evaluate JSONata, bounded',
      ours: shown(ours),
      theirs: shown(theirs),
      versus: '`jsonata` alone, compiled before, without bounds',
      ratio: theirs / ours,
    },
  ];
}

function shown(milliseconds: number): string {
  return `${(milliseconds * 1000).toFixed(0)} µs`;
}

/** Milliseconds of one call: the best of many batches, so that other load counts little. */
async function best(work: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < 20; batch += 1) {
    const start = performance.now();
    for (let call = 0; call < 50; call += 1) await work();
    least = Math.min(least, (performance.now() - start) / 50);
  }
  return least;
}
