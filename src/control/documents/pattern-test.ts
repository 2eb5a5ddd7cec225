import { createContext, Script } from 'node:vm';
import { compilePattern, type PatternTest } from '../../core/documents/pattern.ts';

/** Patterns that people write take microseconds; only one that backtracks without an end meets this. */
const LIMIT_MS = 100;

const TEST = new Script('pattern.test(text)');

/** Matches a pattern of a document, and gives up after a tenth of a second: users write patterns such as `(a+)+$`. */
export const testPattern: PatternTest = (written, text) => {
  const pattern = compilePattern(written);
  if (pattern === null) return null;
  try {
    return TEST.runInContext(createContext({ pattern, text }), { timeout: LIMIT_MS }) === true;
  } catch {
    return null;
  }
};
