import type { Json } from '../../json.ts';
import type { Random } from '../types.ts';
import { arrayContains, arrayGetItem, arrayLength, arrayPartition, arrayRange, arrayUnique } from './arrays.ts';
import { base64Decode, base64Encode, hash } from './encodings.ts';
import { mathAdd, mathRandom } from './math.ts';
import { jsonMerge, jsonToString, stringSplit, stringToJson } from './texts.ts';
import { uuid } from './uuid.ts';

/** A function of values; undefined where AWS says `Invalid arguments in …`. */
export type Intrinsic = (args: readonly Json[], random: Random) => Json | undefined;

interface Entry {
  readonly least: number;
  readonly most: number;
  /** Null for States.Format, which needs its template as it was written. */
  readonly run: Intrinsic | null;
}

function entry(least: number, most: number, run: Intrinsic | null): Entry {
  return { least, most, run };
}

/**
 * The 18 intrinsic functions and how many arguments each takes.
 * https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
 */
export const FUNCTIONS: Readonly<Record<string, Entry>> = {
  'States.Array': entry(0, Number.POSITIVE_INFINITY, (args) => args),
  'States.ArrayPartition': entry(2, 2, arrayPartition),
  'States.ArrayContains': entry(2, 2, arrayContains),
  'States.ArrayRange': entry(3, 3, arrayRange),
  'States.ArrayGetItem': entry(2, 2, arrayGetItem),
  'States.ArrayLength': entry(1, 1, arrayLength),
  'States.ArrayUnique': entry(1, 1, arrayUnique),
  'States.Base64Encode': entry(1, 1, base64Encode),
  'States.Base64Decode': entry(1, 1, base64Decode),
  'States.Format': entry(1, Number.POSITIVE_INFINITY, null),
  'States.Hash': entry(2, 2, hash),
  'States.JsonMerge': entry(3, 3, jsonMerge),
  'States.JsonToString': entry(1, 1, jsonToString),
  'States.MathAdd': entry(2, 2, mathAdd),
  'States.MathRandom': entry(2, 3, mathRandom),
  'States.StringSplit': entry(2, 2, stringSplit),
  'States.StringToJson': entry(1, 1, stringToJson),
  'States.UUID': entry(0, 0, (_, random) => uuid(random)),
};
