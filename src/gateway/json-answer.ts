/**
 * An operation's output as AWS JSON: `Date` as epoch seconds, bytes as base64, `undefined` left out. Numbers that JSON
 * cannot hold are a programmer's mistake.
 */
export function writeAnswer(output: object): string {
  return JSON.stringify(plain(output));
}

function plain(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error('an output holds a number that is not finite');
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return seconds(value);
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}

function seconds(date: Date): number {
  if (Number.isNaN(date.getTime())) throw new Error('an output holds a date that is none');
  return date.getTime() / 1000;
}
