/** CVE ids in running text. https://www.cve.org/ResourcesSupport/AllResources/CNARules */

/** `CVE-2021-45046`, also `CVE-2021-45046/45105` and `CVE-2024-{1234,5678}`, which changelogs use as shorthand. */
const CVE =
  /(?<![a-z0-9])CVE-(\d{4})-(?:(\d{4,19})(?!\d)((?:\/\d{4,19}(?![\w-]))*)|\{(\d{4,19}(?:,\s?\d{4,19}){0,99})\})/gi;
const ONE_CVE = /^CVE-\d{4}-\d{4,19}$/i;
const FIRST_YEAR = 1999;
const LAST_YEAR = 2099;

/** The CVE ids that a text names: each once, in upper case, sorted by year and number. */
export function cveIds(text: string): readonly string[] {
  const found = new Set<string>();
  for (const [, year = '', number, more = '', list] of text.matchAll(CVE)) {
    if (Number(year) < FIRST_YEAR || Number(year) > LAST_YEAR) continue;
    const numbers = number === undefined ? (list ?? '').split(/,\s?/) : [number, ...sameLength(number, more)];
    for (const one of numbers) found.add(`CVE-${year}-${one}`);
  }
  return sortCves(found);
}

/** `/45105` continues `CVE-2021-45046` only where it has as many digits: otherwise it may be anything. */
function sameLength(number: string, more: string): string[] {
  return more.split('/').filter((one) => one.length === number.length);
}

/** The id in upper case, or null where the text is not one CVE id and nothing else. */
export function cveId(text: string): string | null {
  return ONE_CVE.test(text) ? text.toUpperCase() : null;
}

/** Each once, by year and then by number as a number: CVE-2024-9999 comes before CVE-2024-10000. */
export function sortCves(cves: Iterable<string>): readonly string[] {
  return [...new Set(cves)]
    .map((cve) => ({ cve, key: sortKey(cve) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ cve }) => cve);
}

function sortKey(cve: string): string {
  const [, year = '', number = ''] = cve.split('-');
  return `${year}${number.padStart(19, '0')}${number}`;
}
