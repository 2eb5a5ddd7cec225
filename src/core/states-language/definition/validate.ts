import type { Json } from '../json.ts';
import { checkExpress } from './check-express.ts';
import { checkLoneState, checkMachine } from './check-machine.ts';
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
  return validated(text, (root, teller) => {
    let isFit = true;
    const add: typeof teller.add = (...told) => {
      isFit = false;
      teller.add(...told);
    };
    checkMachine(root, { ...teller, add });
    if (isFit) checkExpress(root, isExpress, '', teller.add);
  });
}

/** The same for the definition of one state, as TestState takes it. */
export function validateState(text: string): Validated {
  return validated(text, checkLoneState);
}

function validated(text: string, check: typeof checkMachine): Validated {
  const errors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const into =
    (list: Diagnostic[], severity: Diagnostic['severity']) =>
    (code: string, message: string, location: string): void => {
      if (list.length <= MOST_DIAGNOSTICS) list.push({ severity, code, message, location });
    };
  const error = into(errors, 'ERROR');
  const root = read(text, error);
  if (root !== null) check(root, { add: error, warn: into(warnings, 'WARNING') });
  // Errors first: however many warnings there are, none is lost behind them.
  const diagnostics = [...errors, ...warnings];
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
