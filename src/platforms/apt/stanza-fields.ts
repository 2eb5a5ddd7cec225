/** The fields of one stanza: names in lower case (they are matched in any case), each with its raw value. */
export type StanzaFields = ReadonlyMap<string, string>;

const SPACE = 32;
const TAB = 9;
const HASH = 35;

/**
 * Reads the fields of one stanza. Continuation lines stay in the value, parted by newlines and with their first blank;
 * the first of two fields of one name wins; comment lines and lines that are no field are passed over.
 */
export function stanzaFields(text: string): StanzaFields {
  const fields = new Map<string, string>();
  let open: string | null = null;
  let end = 0;
  for (let line = 0; line < text.length; line = end + 1) {
    const newline = text.indexOf('\n', line);
    end = newline < 0 ? text.length : newline;
    const first = text.charCodeAt(line);
    if (first === SPACE || first === TAB) {
      if (open !== null) fields.set(open, `${fields.get(open) ?? ''}\n${text.slice(line, end)}`);
      continue;
    }
    if (first === HASH) continue;
    const colon = text.indexOf(':', line);
    open = null;
    if (colon <= line || colon >= end) continue;
    const name = text.slice(line, colon).toLowerCase();
    if (fields.has(name)) continue;
    fields.set(name, text.slice(colon + 1, end).trim());
    open = name;
  }
  return fields;
}

const SOURCE = /^([^\s()]{1,200})(?:\s+\(([^\s()]{1,500})\))?$/;

/**
 * The source package of a binary: the Source field names it where it differs, with its version in parentheses where
 * that differs too. https://www.debian.org/doc/debian-policy/ch-controlfields.html#source
 */
export function sourceOf(
  fields: StanzaFields,
  name: string,
  version: string,
): { readonly source: string; readonly sourceVersion: string } {
  const match = SOURCE.exec(fields.get('source') ?? '');
  return { source: match?.[1] ?? name, sourceVersion: match?.[2] ?? version };
}
