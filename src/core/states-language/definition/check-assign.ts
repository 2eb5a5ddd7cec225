import type { Json } from '../json.ts';
import type { Tell } from './check-value.ts';
import { isObject } from './parse.ts';
import type { JsonObject, QueryLanguage } from './types.ts';

/** https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html */
const MOST_NAME = 80;
const NAME = /^\p{ID_Start}\p{ID_Continue}*$/u;

/** The names of variables that a state assigns, by itself, its rules and its catchers. */
export function checkAssigned(state: JsonObject, language: QueryLanguage, at: string, tell: Tell): void {
  checkNames(state.Assign, language, `${at}/Assign`, tell);
  for (const list of ['Choices', 'Catch']) {
    const rules = state[list];
    if (!Array.isArray(rules)) continue;
    for (const [index, rule] of rules.entries()) {
      if (isObject(rule)) checkNames(rule.Assign, language, `${at}/${list}[${index}]/Assign`, tell);
    }
  }
}

function checkNames(assign: Json | undefined, language: QueryLanguage, at: string, tell: Tell): void {
  if (!isObject(assign)) return;
  for (const key of Object.keys(assign)) {
    const name = language === 'JSONPath' ? key.replace(/\.\$$/, '') : key;
    if (name.length > MOST_NAME || !NAME.test(name)) {
      tell.schema(
        `${at}/${key}`,
        `The variable name '${name}' is not valid: a Unicode identifier of up to ${MOST_NAME}`,
      );
    } else if (name === 'states') tell.schema(`${at}/${key}`, "The variable name 'states' is reserved");
  }
}
