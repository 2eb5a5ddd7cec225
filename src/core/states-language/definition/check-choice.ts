import { checkPath } from '../expressions/path.ts';
import type { Json } from '../json.ts';
import { checkValue, type Tell } from './check-value.ts';
import { isObject } from './parse.ts';
import type { JsonObject, QueryLanguage } from './types.ts';

const COMPARISON =
  /^(?:(?:String|Numeric|Timestamp)(?:Equals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)(?:Path)?|BooleanEquals(?:Path)?|StringMatches|Is(?:Null|Present|Numeric|String|Boolean|Timestamp))$/;

/** A rule of a Choice; `isTop` for those that lead somewhere. */
export function checkChoiceRule(rule: Json, language: QueryLanguage, at: string, tell: Tell, isTop: boolean): void {
  if (!isObject(rule)) {
    tell.schema(at, 'Expected value of type OBJECT');
    return;
  }
  if (isTop && typeof rule.Next !== 'string') tell.schema(at, 'These fields are required: [Next]');
  if (language === 'JSONata') {
    checkCondition(rule, at, tell);
    return;
  }
  const { Next, Comment, Assign, ...rest } = rule;
  if (!isTop && Next !== undefined) tell.schema(`${at}/Next`, "The field 'Next' is not supported by Step Functions");
  if (Assign !== undefined) checkValue('template', Assign, `${at}/Assign`, tell.schema);
  if (rest.And !== undefined || rest.Or !== undefined) {
    checkList(rest, at, tell);
    return;
  }
  if (rest.Not !== undefined) {
    checkChoiceRule(rest.Not, language, `${at}/Not`, tell, false);
    return;
  }
  checkComparison(rest, at, tell);
}

function checkCondition(rule: JsonObject, at: string, tell: Tell): void {
  const allowed = {
    Condition: 'jsonata',
    Next: 'text',
    Output: 'jsonata',
    Assign: 'jsonata',
    Comment: 'text',
  } as const;
  for (const [field, value] of Object.entries(rule)) {
    if (!Object.hasOwn(allowed, field)) {
      tell.schema(`${at}/${field}`, `The field '${field}' is not supported by Step Functions`);
    } else checkValue(allowed[field as keyof typeof allowed], value, `${at}/${field}`, tell.schema);
  }
  const { Condition: condition } = rule;
  if (condition === undefined) tell.schema(at, 'These fields are required: [Condition]');
  else if (typeof condition !== 'boolean' && typeof condition !== 'string') {
    tell.schema(`${at}/Condition`, 'Expected value of type BOOLEAN or a JSONata expression');
  }
}

function checkList(rule: JsonObject, at: string, tell: Tell): void {
  const fields = Object.keys(rule);
  const field = fields[0];
  if (fields.length !== 1 || field === undefined) {
    tell.schema(at, 'Only one comparison is allowed in a rule');
    return;
  }
  const rules = rule[field];
  if (!Array.isArray(rules) || rules.length === 0) {
    tell.schema(`${at}/${field}`, `${field} must be an ARRAY that is not empty`);
    return;
  }
  for (const [index, one] of rules.entries()) checkChoiceRule(one, 'JSONPath', `${at}/${field}[${index}]`, tell, false);
}

function checkComparison({ Variable: variable, ...rest }: JsonObject, at: string, tell: Tell): void {
  if (typeof variable !== 'string') tell.schema(at, 'These fields are required: [Variable]');
  else {
    const complaint = checkPath(variable);
    if (complaint !== null) tell.schema(`${at}/Variable`, complaint);
  }
  const operators = Object.keys(rest);
  const operator = operators[0];
  if (operators.length !== 1 || operator === undefined) {
    tell.schema(at, 'Exactly one comparison is required in a rule');
    return;
  }
  if (!COMPARISON.test(operator)) {
    tell.schema(`${at}/${operator}`, `The field '${operator}' is not supported by Step Functions`);
    return;
  }
  checkOperand(operator, rest[operator], `${at}/${operator}`, tell);
}

function checkOperand(operator: string, value: Json | undefined, at: string, tell: Tell): void {
  const type =
    operator.endsWith('Path') || operator.startsWith('String') || operator.startsWith('Timestamp')
      ? 'string'
      : operator.startsWith('Numeric')
        ? 'number'
        : 'boolean';
  if (typeof value !== type) tell.schema(at, `Expected value of type ${type.toUpperCase()}`);
}
