import type { Json } from '../../json.ts';
import { done, isArray, isObject, MOST_LEVELS, runtimeFailure } from '../outcome.ts';
import { findPath } from '../path.ts';
import type { Evaluated, Scope } from '../types.ts';
import { COMPARISONS, TYPE_TESTS } from './operators.ts';

type Rule = { readonly [key: string]: Json };

/**
 * A choice rule of JSONPath as the definition has it: `Variable` and one comparison, or And, Or, Not; Next is ignored.
 * https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
 */
export function evaluateChoice(rule: Rule, scope: Scope): Evaluated<boolean> {
  return evaluateRule(rule, scope, 0);
}

function evaluateRule(rule: Json | undefined, scope: Scope, level: number): Evaluated<boolean> {
  if (!isObject(rule) || level > MOST_LEVELS) return runtimeFailure('The choice rule is not one that can be evaluated');
  if (isArray(rule.And)) return some(rule.And, scope, level, false);
  if (isArray(rule.Or)) return some(rule.Or, scope, level, true);
  if (rule.Not !== undefined) {
    const outcome = evaluateRule(rule.Not, scope, level + 1);
    return outcome.ok ? done(!outcome.value) : outcome;
  }
  return compare(rule, scope);
}

/** Whether one of the rules comes to `sought`, asked in order up to the first that does. */
function some(rules: readonly Json[], scope: Scope, level: number, sought: boolean): Evaluated<boolean> {
  for (const rule of rules) {
    const outcome = evaluateRule(rule, scope, level + 1);
    if (!outcome.ok || outcome.value === sought) return outcome;
  }
  return done(!sought);
}

function compare(rule: Rule, scope: Scope): Evaluated<boolean> {
  if (typeof rule.Variable !== 'string') return runtimeFailure('The choice rule has no Variable');
  const variable = findPath(rule.Variable, scope);
  if (rule.IsPresent !== undefined) return done(variable.ok === rule.IsPresent);
  if (!variable.ok) return invalid(rule.Variable);
  for (const [operator, operand] of Object.entries(rule)) {
    const typeTest = TYPE_TESTS.get(operator);
    if (typeTest !== undefined) return done(typeTest(variable.value) === operand);
    const test = COMPARISONS.get(operator);
    if (test !== undefined) return done(test(variable.value, operand));
    const pathTest = operator.endsWith('Path') ? COMPARISONS.get(operator.slice(0, -4)) : undefined;
    if (pathTest === undefined || typeof operand !== 'string') continue;
    const value = findPath(operand, scope);
    return value.ok ? done(pathTest(variable.value, value.value)) : invalid(operand);
  }
  return runtimeFailure('The choice rule has no comparison operator');
}

function invalid(path: string): Evaluated<boolean> {
  return runtimeFailure(`Invalid path '${path}': The choice state's condition path references an invalid value.`);
}
