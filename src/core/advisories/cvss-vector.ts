/** A metric of CVSS: its name, the values that it takes, and its group (0 base, 1 threat or temporal, …). */
export interface Metric {
  readonly name: string;
  readonly values: readonly string[];
  readonly group: number;
}

/** Values of a vector by the names of their metrics. */
export type MetricValues = ReadonlyMap<string, string>;

/** How much of the order in which a version lists its metrics a vector has to keep. */
export type MetricOrder = 'free' | 'groups' | 'fixed';

/** Vectors are short; longer input is none. */
const MAX_LENGTH = 512;

/** Makes metrics of a table such as `AV:NALP AC:LH`; values of more than a letter are parted by commas. */
export function metrics(...groups: readonly string[]): readonly Metric[] {
  return groups.flatMap((table, group) =>
    table.split(' ').map((entry) => {
      const [name = '', values = ''] = entry.split(':');
      return { name, values: values.split(values.includes(',') ? ',' : ''), group };
    }),
  );
}

/** Reads the `NAME:VALUE` parts of a vector, without its prefix; answers what is wrong where it does not fit. */
export function readMetrics(text: string, known: readonly Metric[], order: MetricOrder): MetricValues | string {
  if (text.length > MAX_LENGTH) return `a vector has at most ${MAX_LENGTH} characters`;
  const found = new Map<string, string>();
  let last = -1;
  for (const part of text.split('/')) {
    const colon = part.indexOf(':');
    const name = part.slice(0, Math.max(colon, 0));
    const at = known.findIndex((metric) => metric.name === name);
    const metric = known[at];
    if (metric === undefined) return `unknown metric ${quote(part)}`;
    if (!metric.values.includes(part.slice(colon + 1)))
      return `${name} is one of ${metric.values.join(', ')}: ${quote(part)}`;
    if (found.has(name)) return `${name} comes twice`;
    if (isOutOfOrder(known, last, at, order)) return `${name} comes too late`;
    found.set(name, part.slice(colon + 1));
    last = at;
  }
  const missing = known.find((metric) => metric.group === 0 && !found.has(metric.name));
  return missing === undefined ? found : `${missing.name} is missing`;
}

function isOutOfOrder(known: readonly Metric[], last: number, at: number, order: MetricOrder): boolean {
  if (order === 'fixed') return at < last;
  return order === 'groups' && (known[at]?.group ?? 0) < (known[last]?.group ?? 0);
}

/** Foreign text in a message: short, and without control characters. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
