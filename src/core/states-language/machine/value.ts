import type { Json } from '../json.ts';

/** A JSON value that keeps the text it came as: what a state only passes on is not printed anew. */
export interface Value {
  readonly text: string;
  readonly json: Json;
}

export function valueOfText(text: string): Value {
  let parsed: { json: Json } | null = null;
  return {
    text,
    get json() {
      parsed ??= { json: JSON.parse(text) as Json };
      return parsed.json;
    },
  };
}

export function valueOfJson(json: Json): Value {
  let text: string | null = null;
  return {
    json,
    get text() {
      text ??= JSON.stringify(json);
      return text;
    },
  };
}
