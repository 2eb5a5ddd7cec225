import type { Json } from '../../json.ts';
import { stringMatches } from './string-matches.ts';
import { instantOf } from './timestamp.ts';

type Test = (variable: Json, value: Json) => boolean;

type Order = (order: number) => boolean;

const ORDERS: Readonly<Record<string, Order>> = {
  Equals: (order) => order === 0,
  LessThan: (order) => order < 0,
  LessThanEquals: (order) => order <= 0,
  GreaterThan: (order) => order > 0,
  GreaterThanEquals: (order) => order >= 0,
};

/** Comparable forms of a value by the operator's type; null for a value of another type. */
const FORMS: Readonly<Record<string, (value: Json) => string | number | bigint | null>> = {
  String: (value) => (typeof value === 'string' ? value : null),
  Numeric: (value) => (typeof value === 'number' ? value : null),
  Timestamp: (value) => (typeof value === 'string' ? instantOf(value) : null),
};

function ordered(form: (value: Json) => string | number | bigint | null, holds: Order): Test {
  return (variable, value) => {
    const a = form(variable);
    const b = form(value);
    return a !== null && b !== null && holds(a < b ? -1 : a > b ? 1 : 0);
  };
}

const comparisons = Object.entries(FORMS).flatMap(([type, form]) =>
  Object.entries(ORDERS).map(([order, holds]) => [`${type}${order}`, ordered(form, holds)] as const),
);

/** The operators that compare with a value; but for StringMatches each has a `…Path` form. A value of another type is false. */
export const COMPARISONS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ...comparisons,
  ['BooleanEquals', (variable, value) => typeof variable === 'boolean' && variable === value],
  [
    'StringMatches',
    (variable, value) => typeof variable === 'string' && typeof value === 'string' && stringMatches(variable, value),
  ],
]);

/** The operators that ask what a value is. IsPresent stands apart: it asks whether there is one. */
export const TYPE_TESTS: ReadonlyMap<string, (variable: Json) => boolean> = new Map([
  ['IsNull', (variable: Json) => variable === null],
  ['IsBoolean', (variable: Json) => typeof variable === 'boolean'],
  ['IsNumeric', (variable: Json) => typeof variable === 'number'],
  ['IsString', (variable: Json) => typeof variable === 'string'],
  ['IsTimestamp', (variable: Json) => typeof variable === 'string' && instantOf(variable) !== null],
]);
