import type { Json } from '../../json.ts';
import { type LinearRegex, linearRegex } from '../linear-regex.ts';
import { isArray, isObject } from '../outcome.ts';
import { canonical } from './canonical.ts';
import type { Filter, FilterPath, Operand, Operator } from './syntax.ts';

type Side = Json | undefined;

/** One node that a filter is tried on. */
export interface Trial {
  /** What a path finds from this node; undefined where it finds nothing. */
  readonly find: (path: FilterPath) => Side;
  /** Charges for work; throws once there was too much of it. */
  readonly spend: (values: number) => void;
}

/** Whether a filter accepts a node. What a path does not find equals nothing, not even null. */
export function accepts(filter: Filter, trial: Trial): boolean {
  switch (filter.kind) {
    case 'and':
      return accepts(filter.left, trial) && accepts(filter.right, trial);
    case 'or':
      return accepts(filter.left, trial) || accepts(filter.right, trial);
    case 'not':
      return !accepts(filter.filter, trial);
    case 'exists':
      return trial.find(filter.path) !== undefined;
    case 'compare':
      if (filter.operator === '=~') return matches(filter.left, filter.right, trial);
      return compare(filter.operator, sideOf(filter.left, trial), sideOf(filter.right, trial), trial);
  }
}

function sideOf(operand: Operand, trial: Trial): Side {
  if (operand.kind === 'path') return trial.find(operand.path);
  return operand.kind === 'value' ? operand.value : undefined;
}

const compiled = new WeakMap<Operand, LinearRegex>();

/** `=~` asks for a match of the whole text, as Java's `matches()`. */
function matches(left: Operand, right: Operand, trial: Trial): boolean {
  const [regex, other] = left.kind === 'regex' ? [left, right] : [right, left];
  const text = sideOf(other, trial);
  if (regex.kind !== 'regex' || typeof text !== 'string') return false;
  const made = compiled.get(regex) ?? linearRegex(regex.source, regex.flags);
  compiled.set(regex, made);
  trial.spend(1 + text.length / 16);
  return made.isWhole(text);
}

function compare(operator: Operator, left: Side, right: Side, trial: Trial): boolean {
  const isSame = (a: Side, b: Side): boolean => isEqual(a, b, trial);
  const holds = (list: readonly Json[], one: Side): boolean => list.some((other) => isSame(other, one));
  switch (operator) {
    case '==':
      return isSame(left, right);
    case '!=':
      return !isSame(left, right);
    case '===':
      return typeof left === typeof right && isSame(left, right);
    case '!==':
      return typeof left !== typeof right || !isSame(left, right);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return isOrdered(operator, left, right);
    case 'in':
      return isArray(right) && holds(right, left);
    case 'nin':
      return isArray(right) && !holds(right, left);
    case 'contains':
      if (typeof left === 'string') return typeof right === 'string' && left.includes(right);
      return isArray(left) && holds(left, right);
    case 'all':
      return isArray(left) && isArray(right) && right.every((one) => holds(left, one));
    case 'subsetof':
      return isArray(left) && isArray(right) && left.every((one) => holds(right, one));
    case 'anyof':
      return isArray(left) && isArray(right) && left.some((one) => holds(right, one));
    case 'noneof':
      return isArray(left) && isArray(right) && !left.some((one) => holds(right, one));
    case 'size':
      return (typeof left === 'string' || isArray(left)) && left.length === right;
    case 'empty':
      return (typeof left === 'string' || isArray(left)) && (left.length === 0) === right;
    case '=~':
      return false;
  }
}

function isOrdered(operator: '<' | '<=' | '>' | '>=', left: Side, right: Side): boolean {
  const isNumbers = typeof left === 'number' && typeof right === 'number';
  if (!isNumbers && !(typeof left === 'string' && typeof right === 'string')) return false;
  const [a, b] = [left as string, right as string];
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

/** Jayway turns a text into a number, or a number into a text, where only one side is one. */
function isEqual(left: Side, right: Side, trial: Trial): boolean {
  trial.spend(1);
  if (left === undefined || right === undefined) return false;
  if (typeof left === 'number' && typeof right === 'string') return right.trim() !== '' && left === Number(right);
  if (typeof left === 'string' && typeof right === 'number') return left === String(right);
  if (typeof left !== 'object' || left === null) return left === right;
  if (isArray(left) ? !isArray(right) : !isObject(right)) return false;
  const text = canonical(left);
  const other = canonical(right);
  trial.spend(((text?.length ?? 0) + (other?.length ?? 0)) / 16);
  return text !== null && text === other;
}
