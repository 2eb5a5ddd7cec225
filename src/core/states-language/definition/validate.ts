import type { Json } from '../json.ts';
import { checkExpress } from './check-express.ts';
import { checkMachine } from './check-machine.ts';
import { isObject } from './parse.ts';
import type { Diagnostic } from './types.ts';

/** Bytes of a definition, AWS's quota. */
export const MOST_DEFINITION_BYTES = 1024 * 1024;
const MOST_DEPTH = 200;
const MOST_DIAGNOSTICS = 100;

export interface Validated {
  readonly diagnostics: readonly Diagnostic[];
  /** There were more. */
  readonly truncated: boolean;
}

/** What is wrong with a definition, in the words of ValidateStateMachineDefinition. Bounded in time and memory. */
export function validateDefinition(text: string, { isExpress = false }: { isExpress?: boolean } = {}): Validated {
  const diagnostics: Diagnostic[] = [];
  const add = (diagnostic: Diagnostic): void => {
    if (diagnostics.length <= MOST_DIAGNOSTICS) diagnostics.push(diagnostic);
  };
  const error = (code: string, message: string, location: string): void =>
    add({ severity: 'ERROR', code, message, location });
  const root = read(text, error);
  if (root !== null) checkMachine(root, { add: error });
  if (root !== null && diagnostics.length === 0) checkExpress(root, isExpress, '', error);
  return {
    diagnostics: diagnostics.slice(0, MOST_DIAGNOSTICS),
    truncated: diagnostics.length > MOST_DIAGNOSTICS,
  };
}

/** The text of CreateStateMachine's InvalidDefinition; null where the definition has no error. */
export function invalidDefinition({ diagnostics }: Validated): string | null {
  const errors = diagnostics.filter(({ severity }) => severity === 'ERROR');
  if (errors.length === 0) return null;
  const told = errors.map(
    ({ code, message, location }) => `${code}: ${message}${location === '' ? '' : ` at ${location}`}`,
  );
  return `Invalid State Machine Definition: '${told.join(', ')}'`;
}

function read(
  text: string,
  error: (code: string, message: string, location: string) => void,
): { readonly [key: string]: Json } | null {
  if (text.length > MOST_DEFINITION_BYTES) {
    error('SCHEMA_VALIDATION_FAILED', `The definition is larger than ${MOST_DEFINITION_BYTES} bytes`, '');
    return null;
  }
  if (isDeep(text)) {
    error('INVALID_JSON_DESCRIPTION', `The definition is nested deeper than ${MOST_DEPTH} levels`, '');
    return null;
  }
  try {
    const value = JSON.parse(text) as Json;
    if (isObject(value)) return value;
    error('INVALID_JSON_DESCRIPTION', 'The definition must be a JSON object', '');
  } catch (cause) {
    error('INVALID_JSON_DESCRIPTION', (cause as Error).message.slice(0, 200), '');
  }
  return null;
}

/** Told from the text, before anything walks into it. */
function isDeep(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInString) {
      if (character === '\\') index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > MOST_DEPTH) return true;
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return false;
}
