const NAME = '[A-Za-z][\\w.-]*';
const CHARACTERS =
  '(?:[^<>&"\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff]|&(?:amp|lt|gt|quot|apos);)*';
const TOKEN = new RegExp(`<(/?)(${NAME})((?: ${NAME}="${CHARACTERS}")*)(/?)>|(${CHARACTERS})`, 'uy');

/**
 * What keeps `xml` from being well-formed, or null: for the tests on machines without an XML parser. It knows the part
 * of XML that `xml.ts` writes and takes anything else for an error.
 */
export function xmlFault(xml: string): string | null {
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!xml.startsWith(declaration)) return 'no declaration';
  const open: string[] = [];
  let roots = 0;
  for (let at = declaration.length; at < xml.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(xml);
    if (found === null || found[0] === '') return `unexpected at ${at}: ${xml.slice(at, at + 40)}`;
    const [, closing, name = '', , empty, text] = found;
    if (text !== undefined) {
      if (open.length === 0 && text.trim() !== '') return `text outside of the root: ${text}`;
    } else if (closing === '/') {
      if (open.pop() !== name) return `</${name}> closes nothing`;
    } else {
      if (open.length === 0) roots += 1;
      if (empty !== '/') open.push(name);
    }
  }
  if (open.length > 0) return `<${open.at(-1)}> is not closed`;
  return roots === 1 ? null : `${roots} roots`;
}
