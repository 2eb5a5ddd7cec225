import { serializationError } from './model/scalar.ts';

/** No shape of AWS's models comes near it; beyond it a body is an attack on the reader. */
const DEEPEST = 64;

/** The JSON of a body; an empty one is `{}`. Throws SerializationException for bad UTF-8, bad JSON and deep nesting. */
export function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  if (isDeeper(body, DEEPEST)) throw serializationError('The request is nested too deeply');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw serializationError('The request could not be parsed as JSON');
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Square and curly brackets differ from their partners by 2 and from each other by 0x20. */
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Counts brackets outside strings, so that nothing deep is ever built. */
function isDeeper(body: Buffer, deepest: number): boolean {
  let depth = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at] ?? 0;
    if (byte === QUOTE) {
      at = endOfString(body, at);
      continue;
    }
    const bracket = byte & ~0x20;
    if (bracket === OPEN) depth += 1;
    else if (bracket === CLOSE) depth -= 1;
    if (depth > deepest) return true;
  }
  return false;
}

function endOfString(body: Buffer, from: number): number {
  for (let end = body.indexOf(QUOTE, from + 1); end >= 0; end = body.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (body[end - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return body.length;
}
