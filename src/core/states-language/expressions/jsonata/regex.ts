import { type LinearRegex, linearRegex } from '../linear-regex.ts';

/**
 * What JSONata asks of a RegExp, in linear time: `exec` from `lastIndex` on. It is made of the RegExp that JSONata's parser
 * made, which is never run. JSONata sets the flag `g` always.
 */
export class JsonataRegex {
  lastIndex = 0;
  readonly #regex: LinearRegex;

  constructor(expression: RegExp) {
    this.#regex = linearRegex(expression.source, expression.flags);
  }

  exec(text: string): RegExpExecArray | null {
    const found = this.#regex.find(text, this.lastIndex);
    this.lastIndex = found?.end ?? 0;
    if (found === null) return null;
    return Object.assign([text.slice(found.start, found.end), ...found.groups], {
      index: found.start,
      input: text,
    }) as RegExpExecArray;
  }
}
