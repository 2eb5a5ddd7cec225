import { Lexer } from 'yaml';
import { type BaselineIssue, issue } from './issue.ts';
import { lineIndex } from './line-index.ts';

/** Bytes of UTF-8. The largest baseline that AWS accepts is about 70 kB. */
export const MAX_BASELINE_BYTES = 1_048_576;

/** A baseline that fills every list of AWS's needs about 15,000. Parsing costs time by lexeme, not by byte. */
const MAX_LEXEMES = 50_000;
const MAX_FLOW_DEPTH = 40;

// What no text holds: control characters other than tab and line ends, non-characters, halves of surrogate pairs.
const NOT_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]|\p{Surrogate}/u;

/** Why `text` is not even looked at as YAML, or null. */
export function refuseText(text: string): BaselineIssue | null {
  if (text.length > MAX_BASELINE_BYTES || new TextEncoder().encode(text).byteLength > MAX_BASELINE_BYTES) {
    return whole('is larger than 1 MiB: that is no baseline');
  }
  const bad = NOT_TEXT.exec(text);
  if (bad) {
    const code = (bad[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return issue(
      { path: '', ...lineIndex(text).at(bad.index) },
      `this is not text: the control character U+${code} stands here`,
      null,
    );
  }
  if (text.trim() === '') return whole('is empty: a baseline needs at least a Name');
  return refuseLexemes(text);
}

function refuseLexemes(text: string): BaselineIssue | null {
  let count = 0;
  let depth = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > MAX_LEXEMES) return whole('has too many parts for a baseline');
    if (lexeme === '[' || lexeme === '{') depth += 1;
    else if (lexeme === ']' || lexeme === '}') depth -= 1;
    if (depth > MAX_FLOW_DEPTH) return whole('is nested too deeply for a baseline');
  }
  return null;
}

function whole(message: string): BaselineIssue {
  return issue({ path: '', line: 1, column: 1 }, `the file ${message}`, null);
}
