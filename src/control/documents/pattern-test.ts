import { createContext, Script } from 'node:vm';
import { compilePattern, type PatternTest } from '../../core/documents/pattern.ts';

/** Patterns that people write take microseconds; only one that backtracks without an end meets this. */
const LIMIT_MS = 500;

const TEST = new Script('pattern.test(text)');

/**
 * Matches the patterns of a document, and gives up after half a second for all its matches together: users write
 * patterns such as `(a+)+$`, and a list of values has many to try. One for each command.
 */
export function limitedPatternTest(limitMs = LIMIT_MS): PatternTest {
  let left = limitMs;
  return (written, text) => {
    const pattern = compilePattern(written);
    if (pattern === null || left < 1) return null;
    const start = performance.now();
    try {
      return TEST.runInContext(createContext({ pattern, text }), { timeout: Math.floor(left) }) === true;
    } catch {
      return null;
    } finally {
      left -= performance.now() - start;
    }
  };
}
