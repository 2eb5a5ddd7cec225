/** One type of inventory, as PutInventory takes it: rows of texts. */
export interface InventoryItem {
  readonly typeName: string;
  readonly schemaVersion: string;
  readonly content: ReadonlyArray<Readonly<Record<string, string>>>;
}

/** The API takes no longer value. */
const LONGEST_VALUE = 4096;

/** A row without empty values, and with those that are too long cut. */
export function row(values: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(values).filter(([, value]) => value !== '');
  return Object.fromEntries(kept.map(([name, value]) => [name, bounded(value)]));
}

function bounded(value: string): string {
  if (Buffer.byteLength(value) <= LONGEST_VALUE) return value;
  return Buffer.from(value).subarray(0, LONGEST_VALUE).toString('utf8').replace(/�+$/, '');
}
