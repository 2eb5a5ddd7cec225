import { errorOutput } from './failure.ts';
import { checkSize, leave, tooLarge } from './leave.ts';
import type { Sight } from './sight.ts';
import { valueOfText } from './value.ts';

/** All children have come to an end, and the state bears it: their outputs in order are its result. */
export async function complete(at: Sight): Promise<void> {
  const { run, scope, node } = at;
  const children = await run.children(scope.id);
  const texts = children.map(
    (child) => child.output ?? JSON.stringify(errorOutput({ error: child.error, detail: child.cause })),
  );
  const length = texts.reduce((sum, text) => sum + text.length + 1, 1);
  run.event(scope, `${node.type}StateSucceeded`, null, { aside: true });
  // Before it is made: all together may be more than the memory holds.
  if (length > run.around.limits.payload) throw tooLarge(at);
  const output = `[${texts.join(',')}]`;
  checkSize(at, output);
  const next = typeof node.fields.Next === 'string' ? node.fields.Next : null;
  await leave(at, node.fields, valueOfText(output), next);
  run.dropChildren(scope);
}
