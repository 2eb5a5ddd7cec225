import { csvRows } from './csv.ts';
import { isDebianList, parseDebianList } from './debian-list.ts';
import { epssColumns, parseEpss } from './epss.ts';
import { at, isRecord } from './json.ts';
import { parseKev } from './kev.ts';
import { isOsvRecord, parseOsv } from './osv.ts';
import type { Parsed } from './parsed.ts';
import type { Advisory, EpssScore, KnownExploited } from './types.ts';

/** A text of one of the formats that are read, or why it is none. `damaged`: it is meant to be one and cannot be read. */
export type AdvisoryText =
  | { readonly kind: 'osv' | 'debian-list'; readonly parsed: Parsed<Advisory> }
  | { readonly kind: 'kev'; readonly parsed: Parsed<KnownExploited> }
  | { readonly kind: 'epss'; readonly parsed: Parsed<EpssScore> }
  | { readonly kind: null; readonly damaged: boolean; readonly reason: string };

/**
 * Recognises the format by the content and reads it: OSV (one record, an array, `{"vulns": […]}`, or a record a line),
 * CISA's KEV catalogue, EPSS CSV, Debian's DSA and DLA lists.
 */
export function readAdvisoryText(raw: string): AdvisoryText {
  const text = raw.replace(/^\uFEFF/, '');
  if (isDebianList(text)) return { kind: 'debian-list', parsed: parseDebianList(text) };
  if (/^\s*[{[]/.test(text)) return readJson(text);
  if (isEpss(text)) return { kind: 'epss', parsed: parseEpss(text) };
  return { kind: null, damaged: false, reason: text.trim() === '' ? 'it is empty' : 'its format is not known' };
}

function isEpss(text: string): boolean {
  for (const cells of csvRows(text.slice(0, 5000))) {
    if (cells[0]?.startsWith('#')) continue;
    return epssColumns(cells) !== null;
  }
  return false;
}

function readJson(text: string): AdvisoryText {
  const values = jsonValues(text);
  if (typeof values === 'string') return { kind: null, damaged: true, reason: values };
  const [first] = values;
  if (Array.isArray(at(first, 'vulnerabilities'))) return { kind: 'kev', parsed: parseKev(first) };
  const vulns = at(first, 'vulns');
  if (Array.isArray(vulns)) return { kind: 'osv', parsed: parseOsv(vulns) };
  if (values.some(isOsvRecord)) return { kind: 'osv', parsed: parseOsv(values) };
  return { kind: null, damaged: false, reason: 'its JSON is neither OSV nor the KEV catalogue' };
}

/** The values of a JSON text or of a text with one JSON object a line; or why it is neither. */
function jsonValues(text: string): readonly unknown[] | string {
  const whole = parseJson(text);
  if (!('error' in whole)) return Array.isArray(whole.value) ? whole.value : [whole.value];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const [first = ''] = lines;
  const head = parseJson(first);
  if (lines.length < 2 || 'error' in head || !isRecord(head.value)) return `it is not valid JSON: ${whole.error}`;
  return lines.map((line) => {
    const one = parseJson(line);
    return 'error' in one ? undefined : one.value;
  });
}

function parseJson(text: string): { readonly value: unknown } | { readonly error: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
