import type { OwnOperations } from '../control/own-operation.ts';
import { AwsError } from '../core/aws-error.ts';
import type { Service } from './service.ts';

/** Nobody asks us in more than a page of text. */
const BODY_LIMIT = 65_536;
const MOST_ISSUES = 20;

/**
 * What AWS has no operation for, in AWS's protocol all the same: AWS JSON 1.1, `X-Amz-Target: Kintsugi.OPERATION`, signed for
 * the service `kintsugi`. To add operations, make them with `ownOperation` in their use case and hand them in here
 * (`wiring.ts`).
 */
export function kintsugiService(operations: OwnOperations): Service {
  const names = Object.keys(operations);
  return {
    name: 'kintsugi',
    targetPrefix: 'Kintsugi',
    jsonVersion: '1.1',
    model: { operations: Object.fromEntries(names.map((name) => [name, {}])), shapes: {}, errors: {} },
    operations: Object.fromEntries(Object.entries(operations).map(([name, { run }]) => [name, run])),
    anonymous: new Set(),
    bodyLimits: Object.fromEntries(names.map((name) => [name, operations[name]?.bodyLimit ?? BODY_LIMIT])),
    readInput: (name, value) => readOwnInput(operations, name, value),
  };
}

function readOwnInput(operations: OwnOperations, name: string, value: unknown): Record<string, unknown> {
  const operation = operations[name];
  if (operation === undefined) throw new Error(`the service has no operation ${name}`);
  const read = operation.input.safeParse(value);
  if (read.success) return read.data;
  const texts = read.error.issues.slice(0, MOST_ISSUES).map(({ path, message }) => {
    const place =
      path.length === 0
        ? 'the input'
        : `'${path
            .join('.')
            .replace(/[^\x20-\x7e]/g, '?')
            .slice(0, 200)}'`;
    return `Value at ${place} failed to satisfy constraint: ${message}`;
  });
  const count = read.error.issues.length;
  const text = `${count} validation error${count === 1 ? '' : 's'} detected: ${texts.join('; ')}`;
  throw new AwsError('ValidationException', text);
}
