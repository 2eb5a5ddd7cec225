import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../shared/vectors');

/** Why tests over the truth tables are skipped; false where the tables are there. */
export const withoutVectors = existsSync(FOLDER) ? false : 'no truth tables: ../shared/vectors is not there';

/** The lines of a truth table that say something: without blank lines and lines that are a comment. */
export function readVectors(name: string): string[] {
  const lines = readFileSync(join(FOLDER, name), 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

const ORDERS: Readonly<Record<string, number>> = { '<': -1, '=': 0, '==': 0, '>': 1, '-1': -1, '0': 0, '1': 1 };

/** `a b -1` or `a < b`, in any of the notations of the tables. Throws on a line that is neither. */
export function readOrder(line: string): { a: string; b: string; order: number } {
  const [first, second = '', third = '', ...rest] = line.trim().split(/\s+/);
  const isInfix = second in ORDERS && !(third in ORDERS && !/^(?:==?|[<>])$/.test(second));
  const order = ORDERS[isInfix ? second : third];
  if (first === undefined || order === undefined || rest.length > 0) throw new Error(`not an order: ${line}`);
  return { a: first, b: isInfix ? third : second, order };
}
