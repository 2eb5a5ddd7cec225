import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

/**
 * How the output of a script comes up from a node that has nothing but an agent and a base system: the first step
 * keeps it in a file, packed and in base64; each further one prints a slice. Measured with the unmodified
 * amazon-ssm-agent: a stream of a step keeps 23,999 bytes, a step costs about 0.1 s, and exit code 168 ends the
 * document as a success with the surplus steps skipped.
 */

const SLICE_BYTES = 23_999;
/** Seven megabytes of base64 came through in 301 slices. */
export const MOST_SLICES = 120;
/** Enough for the probe of a machine with thousands of packages; every slice more is a step with a reply of its own. */
export const USUAL_SLICES = 8;
/** A node may be hostile: what unpacks to more than this is refused. */
const LARGEST_OUTPUT = 64 * 1024 * 1024;

export interface DocumentStep {
  readonly action: 'aws:runShellScript';
  readonly name: string;
  readonly inputs: {
    readonly runCommand: readonly string[];
    readonly timeoutSeconds?: string;
    readonly finallyStep?: boolean;
  };
}

/** What a reply says of one step. */
export interface StepReply {
  readonly status: string;
  readonly code: number;
  readonly standardOutput: string;
}

/**
 * Where the output waits between the steps, as a line of each: a plain user has no way into the first folder, and has
 * one of its own in the second.
 */
const FOLDER = `[ "$(id -u)" = 0 ] && d=/var/lib/kintsugi/answers || d=/tmp/kintsugi-answers-$(id -u)`;
/** In /tmp somebody else may have been there before, and would get to write the answer: then there is none. */
const OWN_FOLDER = `[ ! -h "$d" ] && mkdir -p "$d" && [ -O "$d" ] && chmod 700 "$d" || { echo "$d is not this user's own" >&2; exit 1; }`;

/**
 * The steps that run `script` under sh and carry its output. `id` is unique on the node (a command id with a counter).
 * The script's own exit code is told beside the output, so that a failing script still brings its words.
 */
export function carryingSteps(
  id: string,
  script: string,
  options: { timeoutSeconds: number; slices?: number },
): DocumentStep[] {
  if (!/^[A-Za-z0-9-]{1,80}$/.test(id)) throw new Error(`not an id for a file name: ${id}`);
  const end = `KINTSUGI_${randomBytes(16).toString('hex')}`;
  const file = `"$d"/${id}`;
  const first = `umask 077
${FOLDER}
${OWN_FOLDER}
sh -s >${file}.raw 2>${file}.err <<'${end}'
${script}
${end}
code=$?
gzip -9nc ${file}.raw | base64 -w0 >${file}.b64
printf 'kintsugi-output 1 %s %s %s\\n' "$code" "$(wc -c <${file}.b64)" "$(sha256sum <${file}.raw | cut -d ' ' -f 1)"
head -c 2000 ${file}.err >&2`;
  const slices = Array.from({ length: options.slices ?? USUAL_SLICES }, (_, index): DocumentStep => {
    const offset = index * SLICE_BYTES;
    const text = `${FOLDER}\ns=$(wc -c <${file}.b64) && [ ${offset} -lt "$s" ] || exit 168\ntail -c +${offset + 1} ${file}.b64 | head -c ${SLICE_BYTES}`;
    return step(`slice${index}`, text, {});
  });
  return [
    step('answer', first, { timeoutSeconds: String(options.timeoutSeconds) }),
    ...slices,
    step('clean', `${FOLDER}\nrm -f ${file}.raw ${file}.err ${file}.b64`, { finallyStep: true }),
  ];
}

function step(name: string, text: string, inputs: Omit<DocumentStep['inputs'], 'runCommand'>): DocumentStep {
  return { action: 'aws:runShellScript', name, inputs: { runCommand: text.split('\n'), ...inputs } };
}

/** `needs`: so many slices the output has, more than there were. */
export type CarriedOutput =
  | { readonly output: string; readonly code: number }
  | { readonly error: string; readonly needs?: number };

/**
 * Puts an output together from the replies of all steps, by step name. Anything that is missing, cut off or does not
 * match the sum that the node told is an error: half an inventory must never pass for a whole one.
 */
export function carriedOutput(replies: ReadonlyMap<string, StepReply>): CarriedOutput {
  const answer = replies.get('answer');
  if (answer === undefined) return { error: 'the node did not report its first step' };
  const head = /^kintsugi-output 1 (\d{1,3}) (\d{1,9}) ([0-9a-f]{64})$/m.exec(answer.standardOutput);
  if (head === null)
    return { error: `the first step ended ${answer.status} with code ${answer.code} and brought no output` };
  const [, code = '', length = '', sum = ''] = head;
  let packed = '';
  for (let index = 0; packed.length < Number(length); index += 1) {
    const slice = replies.get(`slice${index}`);
    if (slice === undefined || slice.code !== 0 || slice.status !== 'Success') {
      const error = `slice ${index + 1} of the output is missing`;
      return slice === undefined && index > 0 ? { error, needs: Math.ceil(Number(length) / SLICE_BYTES) } : { error };
    }
    packed += slice.standardOutput.trimEnd();
    if (index > MOST_SLICES) break;
  }
  if (packed.length !== Number(length)) return { error: `${packed.length} of ${length} bytes of the output came` };
  let raw: Buffer;
  try {
    raw = gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: LARGEST_OUTPUT });
  } catch (error) {
    return { error: `the output could not be unpacked: ${(error as Error).message}` };
  }
  if (createHash('sha256').update(raw).digest('hex') !== sum)
    return { error: 'the output does not match the sum that the node told' };
  return { output: raw.toString('utf8'), code: Number(code) };
}
