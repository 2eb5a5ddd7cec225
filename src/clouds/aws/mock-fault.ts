import { NormalizedSchema } from '@smithy/core/schema';
import { findAction } from './call-aws.ts';
import type { JsonValue } from './members.ts';

const SDK = /^arn:aws[a-z-]*:states:::aws-sdk:([a-z0-9]{1,60}):([A-Za-z0-9]{1,100})$/;
/** With `.sync` what is polled until the end is what the task answers. */
const NESTED = /^arn:aws[a-z-]*:states:::states:startExecution(|\.sync|\.sync:2)$/;
const MOST_DEPTH = 100;

/**
 * What is wrong with an answer that somebody makes up for a task, by the model of its action; null where nothing is, and
 * for what has no model here. `isStrict` asks for required members as well; members that the model does not know are
 * passed over. https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
 */
export async function mockFault(resource: string, result: JsonValue, isStrict: boolean): Promise<string | null> {
  const nested = NESTED.exec(resource)?.[1];
  const [, service = '', action = ''] =
    nested === undefined
      ? (SDK.exec(resource) ?? [])
      : ['', 'sfn', nested === '' ? 'startExecution' : 'describeExecution'];
  const found = service === '' ? null : await findAction(service, action);
  if (found === null) return null;
  const shape = NormalizedSchema.of(found.output as Parameters<typeof NormalizedSchema.of>[0]);
  // `.sync:2` has them as what they hold.
  const free = new Set(nested === '.sync:2' ? ['Input', 'Output'] : []);
  return shape.isStructSchema() ? faultOf(shape, result, '', { isStrict, free, depth: 0 }) : null;
}

interface Asked {
  readonly isStrict: boolean;
  readonly free: ReadonlySet<string>;
  readonly depth: number;
}

function faultOf(shape: NormalizedSchema, value: JsonValue, at: string, asked: Asked): string | null {
  if (value === null || asked.depth > MOST_DEPTH) return null;
  const below = { ...asked, free: new Set<string>(), depth: asked.depth + 1 };
  const wrong = (type: string): string => `${at === '' ? 'the result' : at} must be ${type}`;
  if (shape.isStructSchema()) return isObject(value) ? structureFault(shape, value, at, asked) : wrong('an object');
  if (shape.isListSchema()) {
    if (!Array.isArray(value)) return wrong('an array');
    return first(value.map((one, index) => () => faultOf(shape.getValueSchema(), one, `${at}[${index}]`, below)));
  }
  if (shape.isMapSchema()) {
    if (!isObject(value)) return wrong('an object');
    const each = Object.entries(value).map(
      ([key, one]) =>
        () =>
          faultOf(shape.getValueSchema(), one, `${at}.${key}`, below),
    );
    return first(each);
  }
  if (shape.isNumericSchema()) return typeof value === 'number' ? null : wrong('a number');
  if (shape.isBooleanSchema()) return typeof value === 'boolean' ? null : wrong('true or false');
  if (shape.isTimestampSchema()) return typeof value === 'number' || typeof value === 'string' ? null : wrong('a date');
  if (shape.isStringSchema() || shape.isBlobSchema()) return typeof value === 'string' ? null : wrong('a string');
  return null;
}

function structureFault(
  shape: NormalizedSchema,
  value: { readonly [key: string]: JsonValue },
  at: string,
  { isStrict, free, depth }: Asked,
): string | null {
  // A structure is [kind, namespace, name, traits, names, members, how many of the first names are required].
  const [, , , , names = [], , required = 0] = shape.getSchema() as unknown as [
    ...[unknown, unknown, unknown, unknown],
    string[]?,
    unknown?,
    number?,
  ];
  const missing = isStrict
    ? names
        .slice(0, required)
        .map(upperFirst)
        .find((name) => value[name] === undefined)
    : undefined;
  if (missing !== undefined) return `${at === '' ? missing : `${at}.${missing}`} is required`;
  const below = { isStrict, free: new Set<string>(), depth: depth + 1 };
  return first(
    [...shape.structIterator()].map(([name, member]) => () => {
      const key = upperFirst(name);
      const one = Object.hasOwn(value, key) && !free.has(key) ? value[key] : undefined;
      return one === undefined ? null : faultOf(member, one, at === '' ? key : `${at}.${key}`, below);
    }),
  );
}

function first(faults: readonly (() => string | null)[]): string | null {
  for (const fault of faults) {
    const told = fault();
    if (told !== null) return told;
  }
  return null;
}

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
