import type { EventData } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

/** What became of one test; `end` comes after the last one, so that a file that was cut short is known by its lack. */
export type TestRecord =
  | { readonly kind: 'passed' | 'end'; readonly name: string }
  | { readonly kind: 'failed' | 'skipped'; readonly name: string; readonly why: string };

/**
 * A reporter of `node:test` (`--test-reporter`) that writes a `TestRecord` a line, as JSON. Suites and tests with
 * subtests are told by what is in them, unless they fail by themselves, as with a hook that throws.
 */
// biome-ignore lint/style/noDefaultExport: node takes a reporter from the default export of its module
export default async function* record(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const trail: string[] = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') trail.splice(data.nesting, trail.length, data.name);
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const name = [...trail.slice(0, data.nesting), data.name].join(' > ');
    const told = type === 'test:pass' ? tellPass(name, data) : tellFailure(name, data);
    if (told !== undefined) yield `${JSON.stringify(told)}\n`;
  }
  yield `${JSON.stringify({ kind: 'end', name: '' } satisfies TestRecord)}\n`;
}

function tellPass(name: string, data: EventData.TestPass): TestRecord | undefined {
  if (data.details.type === 'suite') return undefined;
  const reason = data.skip ?? data.todo;
  if (reason === undefined || reason === false) return { kind: 'passed', name };
  return { kind: 'skipped', name, why: reason === true ? 'no reason given' : reason };
}

function tellFailure(name: string, data: EventData.TestFail): TestRecord | undefined {
  const { error } = data.details;
  if ('failureType' in error && error.failureType === 'subtestsFailed') return undefined;
  const cause = error.cause ?? error;
  const where = data.file === undefined ? '' : `at ${data.file}:${data.line ?? 0}\n`;
  return { kind: 'failed', name, why: `${where}${typeof cause === 'string' ? cause : inspect(cause, { depth: 4 })}` };
}
