import { addChild, openGroup } from './group.ts';
import { effectiveInput } from './leave.ts';
import { jsonata, type Sight, template } from './sight.ts';
import { type Value, valueOfJson, valueOfText } from './value.ts';

export async function startParallel(at: Sight): Promise<void> {
  const { run, scope, node } = at;
  const input = await branchInput(at, valueOfText(scope.input));
  const started = run.event(scope, 'ParallelStateStarted');
  const total = node.inner.length;
  openGroup(scope, {
    kind: 'parallel',
    total,
    next: total,
    running: total,
    failed: 0,
    concurrency: 0,
    toleratedCount: null,
    toleratedPercentage: null,
  });
  for (const [index, machine] of node.inner.entries()) {
    addChild(run, scope, { index, machine, input: input.text, previous: started });
  }
}

async function branchInput(at: Sight, raw: Value): Promise<Value> {
  const { fields, language } = at.node;
  if (language === 'JSONata') {
    return fields.Arguments === undefined
      ? raw
      : valueOfJson(await jsonata(at, fields.Arguments, raw.json, 'Arguments'));
  }
  const input = effectiveInput(at, raw);
  return fields.Parameters === undefined ? input : valueOfJson(template(at, fields.Parameters, input.json));
}
