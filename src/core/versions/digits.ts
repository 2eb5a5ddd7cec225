/** Runs of decimal digits of any length, compared as numbers without ever becoming one: nothing overflows. */

const ZERO = 48;

/** True for the code of an ASCII digit; NaN, which `charCodeAt` answers past the end, is none. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** True for the code of an ASCII letter. */
export function isLetter(code: number): boolean {
  const lower = code | 32;
  return lower >= 97 && lower <= 122;
}

/** Index of the first character from `at` on, before `end`, that is not a digit. */
export function endOfDigits(text: string, at: number, end: number): number {
  let i = at;
  while (i < end && isDigit(text.charCodeAt(i))) i++;
  return i;
}

/** Index of the first character from `at` on, before `end`, that is not a zero. */
export function endOfZeros(text: string, at: number, end: number): number {
  let i = at;
  while (i < end && text.charCodeAt(i) === ZERO) i++;
  return i;
}

/** Compares `a[i, aEnd)` with `b[j, bEnd)`, both all digits; an empty run is zero. */
export function compareDigits(a: string, i: number, aEnd: number, b: string, j: number, bEnd: number): -1 | 0 | 1 {
  const from = endOfZeros(a, i, aEnd);
  const other = endOfZeros(b, j, bEnd);
  const length = aEnd - from;
  if (length !== bEnd - other) return length < bEnd - other ? -1 : 1;
  for (let k = 0; k < length; k++) {
    const difference = a.charCodeAt(from + k) - b.charCodeAt(other + k);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return 0;
}

/** Compares `a[i, aEnd)` with `b[j, bEnd)` character by character; the shorter of two that start alike comes first. */
export function compareText(a: string, i: number, aEnd: number, b: string, j: number, bEnd: number): -1 | 0 | 1 {
  const length = Math.min(aEnd - i, bEnd - j);
  for (let k = 0; k < length; k++) {
    const difference = a.charCodeAt(i + k) - b.charCodeAt(j + k);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  const difference = aEnd - i - (bEnd - j);
  return difference === 0 ? 0 : difference < 0 ? -1 : 1;
}
