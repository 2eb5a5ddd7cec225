import { errorOutput } from './failure.ts';
import { leave } from './leave.ts';
import type { Sight } from './sight.ts';
import { valueOfText } from './value.ts';

/** All children have come to an end, and the state bears it: their outputs in order are its result. */
export async function complete(at: Sight): Promise<void> {
  const { run, scope, node } = at;
  const children = await run.children(scope.id);
  const texts = children.map(
    (child) => child.output ?? JSON.stringify(errorOutput({ error: child.error, detail: child.cause })),
  );
  run.event(scope, `${node.type}StateSucceeded`, null, { aside: true });
  const next = typeof node.fields.Next === 'string' ? node.fields.Next : null;
  await leave(at, node.fields, valueOfText(`[${texts.join(',')}]`), next);
  run.dropChildren(scope);
}
