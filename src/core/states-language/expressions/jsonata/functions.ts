import jsonata from 'jsonata';
import type { Json } from '../../json.ts';
import { arrayPartition } from '../intrinsics/arrays.ts';
import { hash } from '../intrinsics/encodings.ts';
import { seededRandom } from '../intrinsics/seeded-random.ts';
import { stringToJson } from '../intrinsics/texts.ts';
import { uuid } from '../intrinsics/uuid.ts';
import type { JsonataOptions } from '../types.ts';

/** The longest text that `$pad` makes, in characters. */
const WIDEST = 1_000_000;
/** The longest array that `$range` makes. */
export const LONGEST_SEQUENCE = 100_000;

/** An error as JSONata's own: its code and text become part of AWS's text. */
export class FunctionError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Bindings = Readonly<Record<string, unknown>>;

/**
 * The functions that AWS adds to JSONata, those of JSONata that need a clock, randomness or a bound, and `$eval`, which AWS
 * has not.
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn
 */
export async function functionsFor({ random, now }: JsonataOptions): Promise<Bindings> {
  const { fromMillis, pad } = await originals();
  return {
    eval: undefined,
    uuid: () => uuid(random),
    random: (seed?: unknown) => (typeof seed === 'number' ? seededRandom(seed) : random)(),
    shuffle: (list: unknown) =>
      list === undefined ? undefined : shuffled(Array.isArray(list) ? list : [list], random),
    millis: () => now.getTime(),
    now: (picture?: unknown, zone?: unknown) => fromMillis(now.getTime(), picture, zone),
    pad: (text: unknown, width: unknown, char: unknown) => {
      if (typeof width !== 'number' || Math.abs(width) > WIDEST) throw invalid('pad');
      return pad(text, width, char);
    },
    partition: (array: unknown, size: unknown) =>
      array === undefined
        ? undefined
        : must('partition', arrayPartition([(Array.isArray(array) ? array : [array]) as Json[], size as Json])),
    range: (first: unknown, last: unknown, step: unknown) => must('range', range(first, last, step)),
    hash: (data: unknown, algorithm: unknown) =>
      data === undefined ? undefined : must('hash', hash([data as Json, (algorithm ?? 'SHA-1') as Json])),
    parse: (text: unknown) => (text === undefined ? undefined : must('parse', stringToJson([text as Json]))),
  };
}

function must(name: string, value: Json | undefined): Json {
  if (value === undefined) throw invalid(name);
  return value;
}

function invalid(name: string): FunctionError {
  return new FunctionError('D3141', `Invalid arguments in function "${name}"`);
}

function range(first: unknown, last: unknown, step: unknown = 1): Json | undefined {
  if (typeof first !== 'number' || typeof last !== 'number' || typeof step !== 'number' || step === 0) return undefined;
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  return length <= LONGEST_SEQUENCE ? Array.from({ length }, (_, at) => first + at * step) : undefined;
}

function shuffled(list: readonly unknown[], random: () => number): unknown[] {
  const made = [...list];
  for (let at = made.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [made[at], made[other]] = [made[other], made[at]];
  }
  return made;
}

type Original = (...args: unknown[]) => unknown;
let found: Promise<{ fromMillis: Original; pad: Original }> | undefined;

/** JSONata's own functions, which ours call. */
function originals(): Promise<{ fromMillis: Original; pad: Original }> {
  const of = async (name: string): Promise<Original> => (await jsonata(`$${name}`).evaluate(null)).implementation;
  found ??= Promise.all([of('fromMillis'), of('pad')]).then(([fromMillis, pad]) => ({ fromMillis, pad }));
  return found;
}
