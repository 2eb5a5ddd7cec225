import { isForbiddenHeader } from '../../../core/states-language/definition/http-task-fields.ts';
import { unusable } from './task-failure.ts';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
/** Visible characters of Latin-1, spaces and tabs: nothing that ends a line. */
const TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;
const MOST_HEADERS = 200;

/** Sent as AWS sends them, whatever the task says. The range is one byte more than an answer may have. */
const OURS = new Set(['user-agent', 'range']);

/** The headers of a request by their names in lower case. */
export type Headers = Map<string, { readonly name: string; readonly values: readonly string[] }>;

/** Adds a header in place of one of the same name. Throws States.Runtime; a value is never in the text. */
export function setHeader(headers: Headers, name: string, values: readonly string[], isConnection = false): void {
  if (!TOKEN.test(name)) throw unusable('The name of a header must be a token of HTTP, without spaces or line feeds.');
  if (isForbiddenHeader(name, isConnection)) throw unusable(`The header ${name} cannot be set.`);
  if (values.some((value) => !TEXT.test(value)))
    throw unusable(`The header ${name} has a line feed, or a character that no header can have.`);
  if (OURS.has(name.toLowerCase())) return;
  headers.set(name.toLowerCase(), { name, values });
  if (headers.size > MOST_HEADERS) throw unusable(`A request can have ${MOST_HEADERS} headers.`);
}

export function headersOfOurs(region: string): Record<string, string> {
  return { 'User-Agent': `Kintsugi|StepFunctions|HttpInvoke|${region}`, Range: 'bytes=0-262144' };
}
