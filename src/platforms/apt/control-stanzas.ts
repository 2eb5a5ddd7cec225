/**
 * The layer below Packages indexes and dpkg's status file: stanzas of `Field: value` lines, parted by an empty line.
 * https://manpages.debian.org/bookworm/dpkg-dev/deb822.5.en.html
 */

const NEWLINE = 10;
const SPACE = 32;
const TAB = 9;
const HASH = 35;
const COLON = 58;
const CARRIAGE_RETURN = 13;
const LONGEST_NAME = 200;
const LONGEST_VERSION = 500;
const MOST_PROBLEMS = 50;
/** A power of two, far above the number of packages on a machine. */
const MARKS = 0x10000;

/** Where a stanza lies in its buffer, and whose it is. */
export interface StanzaSpan {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface ScanOptions {
  /** dpkg's status file also holds packages that are not installed and have no version: visit these too. */
  readonly versionless?: boolean;
  /** Only packages of these names: the others are neither visited nor looked at for faults. */
  readonly wanted?: ReadonlySet<string>;
}

/**
 * Calls `visit` for every stanza that has a valid Package and Version, in file order, and returns what is wrong with
 * the others (at most 50 lines). Only the head of a stanza is looked at, up to its version; the rest is jumped over.
 * `buffer` has no carriage returns: see `withoutCarriageReturns`.
 */
export function scanStanzas(
  buffer: Buffer,
  visit: (span: StanzaSpan) => void,
  { versionless = false, wanted }: ScanOptions = {},
): readonly string[] {
  const marks = wanted === undefined ? null : nameMarks(wanted);
  const problems: string[] = [];
  const report = (at: number, text: string): void => {
    if (problems.length < MOST_PROBLEMS) problems.push(`byte ${at}: ${text}`);
  };
  let start = 0;
  while (start < buffer.length) {
    if (buffer[start] === NEWLINE) {
      start += 1;
      continue;
    }
    const gap = buffer.indexOf('\n\n', start, 'latin1');
    const end = gap < 0 ? buffer.length : gap + 1;
    const name = packageOf(buffer, start, end, versionless, marks, report);
    if (name !== null && (wanted === undefined || wanted.has(name))) visit({ name, start, end });
    start = end + 1;
  }
  return problems;
}

/** The same text with LF ends of lines; the buffer itself where it has no CR, which is the usual case. */
export function withoutCarriageReturns(buffer: Buffer): Buffer {
  if (!buffer.includes(CARRIAGE_RETURN)) return buffer;
  const copy = Buffer.allocUnsafe(buffer.length);
  let length = 0;
  for (let i = 0; i < buffer.length; i += 1) {
    const byte = buffer[i] ?? 0;
    if (byte === CARRIAGE_RETURN && buffer[i + 1] === NEWLINE) continue;
    copy[length] = byte;
    length += 1;
  }
  return copy.subarray(0, length);
}

/** The package's name where the stanza is sound; otherwise null, with the fault reported. */
function packageOf(
  buffer: Buffer,
  start: number,
  end: number,
  versionless: boolean,
  marks: Uint8Array | null,
  report: (at: number, text: string) => void,
): string | null {
  let name: string | null = null;
  let versioned = false;
  let fields = false;
  for (let line = start; line < end; ) {
    const first = (buffer[line] ?? 0) | 0x20;
    if (name === null && first === 0x70 && isField(buffer, line, PACKAGE)) {
      const [from, to] = trimmedValue(buffer, line + PACKAGE.length, end);
      if (marks !== null && marks[markOf(buffer, from, to)] === 0) return null;
      if (!isName(buffer, from, to)) {
        report(line, `not a package name: ${excerpt(buffer, from, to)}`);
        return null;
      }
      name = buffer.toString('latin1', from, to);
    } else if (!versioned && first === 0x76 && isField(buffer, line, VERSION)) {
      const [from, to] = trimmedValue(buffer, line + VERSION.length, end);
      if (!isPrintable(buffer, from, to)) {
        report(line, `not a version: ${excerpt(buffer, from, to)}`);
        return null;
      }
      versioned = true;
    }
    if (name !== null && versioned) return name;
    if (buffer[line] !== HASH) fields = true;
    line = endOfLine(buffer, line, end) + 1;
  }
  if (name !== null && versionless) return name;
  if (fields) report(start, name === null ? 'a stanza without Package' : `${name} has no Version`);
  return null;
}

/** A table of marks in which all wanted names are set and few others: it saves making a string of every name. */
function nameMarks(wanted: ReadonlySet<string>): Uint8Array {
  const marks = new Uint8Array(MARKS);
  for (const name of wanted) {
    const bytes = Buffer.from(name, 'latin1');
    marks[markOf(bytes, 0, bytes.length)] = 1;
  }
  return marks;
}

/** FNV-1a, folded to the size of the table. http://www.isthe.com/chongo/tech/comp/fnv/ */
function markOf(buffer: Buffer, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i += 1) hash = Math.imul(hash ^ (buffer[i] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 16)) & (MARKS - 1);
}

const PACKAGE = Buffer.from('package:');
const VERSION = Buffer.from('version:');

/** True where the line begins with `field` in any case. `field` is lower case and ends with its colon. */
function isField(buffer: Buffer, line: number, field: Buffer): boolean {
  for (let i = 0; i < field.length - 1; i += 1) {
    if (((buffer[line + i] ?? 0) | 0x20) !== field[i]) return false;
  }
  return buffer[line + field.length - 1] === COLON;
}

function trimmedValue(buffer: Buffer, from: number, end: number): [number, number] {
  let to = endOfLine(buffer, from, end);
  let first = from;
  while (first < to && isBlank(buffer[first])) first += 1;
  while (to > first && isBlank(buffer[to - 1])) to -= 1;
  return [first, to];
}

function endOfLine(buffer: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && buffer[at] !== NEWLINE) at += 1;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

/** Letters, digits and `+-.`, a letter or digit first: Debian Policy 5.6.7, with capitals forgiven as dpkg does. */
function isName(buffer: Buffer, from: number, to: number): boolean {
  if (to <= from || to - from > LONGEST_NAME || !isAlphanumeric(buffer[from] ?? 0)) return false;
  for (let i = from + 1; i < to; i += 1) {
    const byte = buffer[i] ?? 0;
    if (!isAlphanumeric(byte) && byte !== 0x2b && byte !== 0x2d && byte !== 0x2e) return false;
  }
  return true;
}

function isAlphanumeric(byte: number): boolean {
  const letter = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}

function isPrintable(buffer: Buffer, from: number, to: number): boolean {
  if (to <= from || to - from > LONGEST_VERSION) return false;
  for (let i = from; i < to; i += 1) {
    const byte = buffer[i] ?? 0;
    if (byte <= SPACE || byte > 0x7e) return false;
  }
  return true;
}

/** For messages: short, quoted, and without control characters. */
function excerpt(buffer: Buffer, from: number, to: number): string {
  return JSON.stringify(buffer.toString('latin1', from, Math.min(to, from + 60)));
}
