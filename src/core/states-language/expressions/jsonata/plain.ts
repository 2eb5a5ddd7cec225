import type { Json } from '../../json.ts';
import { MOST_LEVELS } from '../outcome.ts';

/** The most values, and the most characters of text, that an expression may come to. */
const MOST_VALUES = 1_000_000;
const MOST_CHARACTERS = 32 * 2 ** 20;

export type Plain = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly why: string };

/**
 * What JSONata made as plain JSON: its sequences carry properties of their own, and what is in a result twice would be
 * written twice. `why` tells why it cannot be: a function, too much, too deep.
 */
export function plain(made: unknown): Plain {
  const budget = { values: MOST_VALUES, characters: MOST_CHARACTERS };
  try {
    return { ok: true, value: copy(made, budget, 0) };
  } catch (error) {
    if (error instanceof NotPlain) return { ok: false, why: error.message };
    throw error;
  }
}

class NotPlain extends Error {}

function copy(made: unknown, budget: { values: number; characters: number }, level: number): Json {
  budget.values -= 1;
  if (typeof made === 'string') budget.characters -= made.length;
  if (budget.values < 0 || budget.characters < 0) throw new NotPlain('returned a result that is too large.');
  if (made === null || typeof made === 'boolean' || typeof made === 'string') return made;
  if (typeof made === 'number' && Number.isFinite(made)) return made === 0 ? 0 : made;
  if (typeof made !== 'object' || isFunction(made)) throw new NotPlain('returned an unsupported result type.');
  if (level >= MOST_LEVELS) throw new NotPlain(`returned a result that is nested deeper than ${MOST_LEVELS} levels.`);
  if (Array.isArray(made)) return made.map((one) => copy(one, budget, level + 1));
  const fields = Object.entries(made).filter(([, one]) => one !== undefined);
  return Object.fromEntries(fields.map(([key, one]) => [key, copy(one, budget, level + 1)]));
}

function isFunction(made: object): boolean {
  return '_jsonata_function' in made || '_jsonata_lambda' in made || made instanceof RegExp;
}
