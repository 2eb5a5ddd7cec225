import { checkJsonata } from '../expressions/jsonata/evaluate.ts';
import { checkPath, checkReferencePath } from '../expressions/path.ts';
import { checkIntrinsic } from '../expressions/string-expression.ts';
import type { Json } from '../json.ts';
import type { Kind } from './fields.ts';
import { isObject } from './parse.ts';
import { MOST_SECONDS } from './quotas.ts';

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
export interface Tell {
  readonly schema: (location: string, message: string) => void;
  readonly target: (location: string, message: string) => void;
  /** What works, but perhaps not as it is meant, or not here. */
  readonly warn: (location: string, code: string, message: string) => void;
}
export type Say = (location: string, message: string) => void;

/** What is wrong with the value of a field, told with the place. */
export function checkValue(kind: Kind, value: Json, at: string, say: Say): void {
  if (kind.endsWith('OrJsonata') && typeof value === 'string' && isExpression(value)) {
    checkExpression(value, at, say);
    return;
  }
  switch (kind) {
    case 'any':
      return;
    case 'text':
    case 'textOrJsonata':
      expect(typeof value === 'string', 'STRING', at, say);
      return;
    case 'flag':
      expect(typeof value === 'boolean', 'BOOLEAN', at, say);
      return;
    case 'object':
      expect(isObject(value), 'OBJECT', at, say);
      return;
    case 'list':
    case 'arrayOrJsonata':
      if (Array.isArray(value)) checkJsonataIn(value, at, say);
      else say(at, 'Expected value of type ARRAY');
      return;
    case 'path':
      checkText(value, checkPath, at, say);
      return;
    case 'pathOrNull':
      if (value !== null) checkText(value, checkPath, at, say);
      return;
    case 'referenceOrNull':
      if (value !== null) checkText(value, checkReferencePath, at, say);
      return;
    case 'expression':
      checkText(value, checkStringExpression, at, say);
      return;
    case 'template':
      checkTemplate(value, at, say);
      return;
    case 'count':
    case 'countOrJsonata':
      expect(isWhole(value) && value >= 0, 'non-negative INTEGER', at, say);
      return;
    case 'positive':
    case 'positiveOrJsonata':
      expect(isWhole(value) && value > 0, 'positive INTEGER', at, say);
      return;
    case 'number':
    case 'numberOrJsonata':
      expect(typeof value === 'number' && value >= 0, 'non-negative NUMBER', at, say);
      return;
    case 'timestamp':
    case 'timestampOrJsonata':
      expect(typeof value === 'string' && DATE.test(value), 'ISO-8601 extended offset date-time', at, say);
      return;
    case 'jsonata':
      checkJsonataIn(value, at, say);
      return;
  }
}

/** AWS's bound of times, attempts and counts alike. */
function isWhole(value: Json): value is number {
  return Number.isInteger(value) && (value as number) <= MOST_SECONDS;
}

function expect(isSo: boolean, what: string, at: string, say: Say): void {
  if (!isSo) say(at, `Expected value of type ${what}`);
}

function checkText(value: Json, check: (text: string) => string | null, at: string, say: Say): void {
  if (typeof value !== 'string') {
    say(at, 'Expected value of type STRING');
    return;
  }
  const complaint = check(value);
  if (complaint !== null) say(at, complaint);
}

function checkStringExpression(text: string): string | null {
  return text.startsWith('States.') ? checkIntrinsic(text) : checkPath(text);
}

function checkTemplate(value: Json, at: string, say: Say): void {
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) checkTemplate(one, `${at}[${index}]`, say);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, one] of Object.entries(value)) {
    const place = `${at}/${key}`;
    if (key.endsWith('.$')) checkText(one, checkStringExpression, place, say);
    else checkTemplate(one, place, say);
  }
}

export function isExpression(text: string): boolean {
  return text.startsWith('{%') && text.endsWith('%}');
}

function checkExpression(text: string, at: string, say: Say): void {
  const complaint = checkJsonata(text);
  if (complaint !== null) say(at, complaint);
}

function checkJsonataIn(value: Json, at: string, say: Say): void {
  if (typeof value === 'string') {
    if (isExpression(value)) checkExpression(value, at, say);
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) checkJsonataIn(one, `${at}[${index}]`, say);
  } else if (isObject(value)) {
    for (const [key, one] of Object.entries(value)) checkJsonataIn(one, `${at}/${key}`, say);
  }
}
