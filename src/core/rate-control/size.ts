/** A number of targets, or a share of them: how MaxConcurrency and MaxErrors are written. */
export interface Size {
  readonly unit: 'targets' | 'percent';
  readonly value: number;
}

/** Reads `10` or `10%`; null for anything else. */
export function parseSize(text: string): Size | null {
  const match = /^(\d{1,7})(%?)$/.exec(text);
  if (match === null) return null;
  const value = Number(match[1]);
  if (match[2] === '') return { unit: 'targets', value };
  return value <= 100 ? { unit: 'percent', value } : null;
}

/** A share is rounded down, as AWS does: 10 % of 19 targets are 1. */
export function sizeOf(size: Size, targets: number): number {
  return size.unit === 'percent' ? Math.floor((targets * size.value) / 100) : size.value;
}
