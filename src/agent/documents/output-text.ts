import { StringDecoder } from 'node:string_decoder';
import { MOST_OUTPUT } from './step-files.ts';

const STDOUT_MARK = '--output truncated--';
const STDERR_MARK = '--error truncated--';
const MOST_MERGED = 2500;
const ERROR_TITLE = '\n----------ERROR-------\n';
const OUTPUT_CUT = '\n---Output truncated---';
const ERROR_CUT = '\n---Error truncated----';

/** Standard output as a reply has it, with the agent's own note after it: less than 24,000 bytes, or cut and marked. */
export function stdoutText(bytes: Buffer, note: string): string {
  return bounded(bytes, note, STDOUT_MARK);
}

/** The same for standard error. */
export function stderrText(bytes: Buffer, note: string): string {
  return bounded(bytes, note, STDERR_MARK);
}

/** Both outputs in one text of 2,500 bytes at the most: each may have half of it, and what the other leaves. */
export function mergedText(stdout: string, stderr: string): string {
  const out = Buffer.from(stdout);
  const error = Buffer.from(stderr);
  if (error.length === 0) return out.length <= MOST_MERGED ? stdout : cut(out, MOST_MERGED, OUTPUT_CUT);
  const room = MOST_MERGED - ERROR_TITLE.length;
  const half = Math.floor(room / 2);
  const outRoom = error.length < half ? room - error.length : Math.min(out.length, half);
  const outPart = out.length <= outRoom ? stdout : cut(out, outRoom, OUTPUT_CUT);
  const errorRoom = room - Buffer.byteLength(outPart);
  return outPart + ERROR_TITLE + (error.length <= errorRoom ? stderr : cut(error, errorRoom, ERROR_CUT));
}

function bounded(bytes: Buffer, note: string, mark: string): string {
  const whole = note === '' ? bytes : Buffer.concat([bytes, Buffer.from(note)]);
  // A text of exactly this length counts as too long already.
  return whole.length < MOST_OUTPUT ? whole.toString('utf8') : cut(whole, MOST_OUTPUT, mark);
}

/** The first characters of `bytes` and `mark` after them: `room` bytes together, or less where a character would break. */
function cut(bytes: Buffer, room: number, mark: string): string {
  return new StringDecoder('utf8').write(bytes.subarray(0, room - Buffer.byteLength(mark))) + mark;
}
