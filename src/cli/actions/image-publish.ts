import { readFile } from 'node:fs/promises';
import { findBaseline } from '../../control/patch-manager/baseline-source.ts';
import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { asciiJson } from '../../core/ascii-json.ts';
import { CATALOGUE, type ErrorCode, EXIT, type ExitCode, KintsugiError } from '../../core/errors.ts';
import { visible } from '../../core/visible.ts';
import { askServer } from '../client/ask-server.ts';
import { followExecution } from '../client/follow.ts';
import { serverProfile } from '../client/profile.ts';
import { readPublished, readStarted } from '../client/publish-answer.ts';
import type { DescribedExecution } from '../client/workflow-answer.ts';
import type { BakeCommandOptions } from '../commands/image-options.ts';
import { leftText, publishedText, waitingText } from '../formats/publish-text.ts';
import { lasted } from '../formats/workflow-text.ts';
import { startProgress } from '../progress.ts';
import { paint } from '../style.ts';
import { recipeOf } from './image-bake.ts';

/** The state of the definition that waits for somebody. */
const APPROVAL = 'Request approval';
/** States that are steps for people; the others are the definition's own matter. */
const QUIET = /^(?:Bake|Prepare|Tidy up|Take the work away|Done|.*\?)$/;

/** Bakes through the running server, shows how it gets on, and ends with the image, or where somebody has to approve. */
export async function runPublish(options: BakeCommandOptions): Promise<ExitCode> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const request = await requestOf(options);
  const { ExecutionArn } = readStarted(await askServer(profile, 'StartImageBake', request));
  const name = ExecutionArn.split(':').at(-1) ?? '';
  const palette = paint(process.stderr);
  if (!options.json) process.stderr.write(`${palette.dim(`${name}: \`kintsugi workflow show ${name}\``)}\n`);
  const progress = startProgress(`baking ${visible(options.family)}`);
  const leave = new AbortController();
  const onSignal = () => leave.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const followed = await followExecution(profile, ExecutionArn, {
      until: APPROVAL,
      signal: leave.signal,
      onState: ({ state, seconds, error }) => {
        if (seconds === null) progress.say(visible(state));
        else if (!options.json && !QUIET.test(state)) {
          progress.clear();
          const mark = error === null ? palette.green('+') : palette.red('x');
          process.stderr.write(`${mark} ${visible(state).padEnd(26)} ${palette.dim(lasted(seconds).padStart(11))}\n`);
        }
      },
    });
    progress.stop();
    if (followed.end === 'left') process.stderr.write(leftText(name));
    else tell(followed.execution, followed.end, followed.digest, options);
    return EXIT.ok;
  } finally {
    progress.stop();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** What StartImageBake is asked for. */
export async function requestOf(options: BakeCommandOptions): Promise<object> {
  if (options.advisories !== undefined)
    throw new KintsugiError('Usage', 'With --publish, the advisories are those of the server.');
  const baseline = options.baseline === undefined ? null : await baselineOf(options.baseline);
  return {
    Recipe: await recipeOf(options),
    ...(baseline ?? {}),
    BootTimeoutSeconds: options.bootTimeout,
    ...(options.force && { Force: true }),
    ...(options.approve && { AutoApprove: true }),
    ...(options.message !== undefined && { Message: options.message }),
  };
}

/** A file's text goes to the server, which judges it itself; an id is one of the server's own. */
async function baselineOf(given: string): Promise<object> {
  if (/^pb-[0-9a-f]{17}$/.test(given) || given.startsWith('arn:')) return { BaselineId: given };
  const { baseline, from } = await findBaseline(given);
  const text = from === 'predefined' ? JSON.stringify(baseline) : await readFile(given, 'utf8');
  return { Baseline: { From: from === 'predefined' ? baseline.Name : from, Text: text } };
}

function tell(
  execution: DescribedExecution,
  end: 'over' | 'waiting',
  digest: string | null,
  { family, json }: BakeCommandOptions,
): void {
  const name = execution.name;
  if (end === 'waiting') {
    const image = { Family: family, Digest: digest ?? '' };
    if (json) process.stdout.write(asciiJson({ ...image, Waiting: true, ExecutionArn: execution.executionArn }, false));
    else process.stdout.write(waitingText(image, name, paint(process.stdout)));
    return;
  }
  if (execution.status !== 'SUCCEEDED') throw failure(execution);
  const output = readPublished(JSON.parse(execution.output ?? '{}'));
  if (json) process.stdout.write(asciiJson({ ...output, ExecutionArn: execution.executionArn }, false));
  else process.stdout.write(publishedText(output, name, paint(process.stdout)));
}

/** The error of the step, with the exit code that a bake of this machine alone would have ended with. */
function failure({ status, error = status, cause = '', name }: DescribedExecution): KintsugiError {
  if (status === 'ABORTED') {
    const why = cause === '' ? '' : `: ${cause}`;
    const advice = `\`kintsugi workflow show ${name}\` shows how far it was, and what is left.`;
    return new KintsugiError('BakeFailed', `The bake was stopped${why}`, { advice });
  }
  const code = /^Kintsugi\.(\w+)$/.exec(error)?.[1] ?? '';
  const known: ErrorCode = Object.hasOwn(CATALOGUE, code) ? (code as ErrorCode) : 'BakeFailed';
  const lines = cause.split('\n');
  const advice = lines.length > 1 ? (lines.pop() ?? '') : CATALOGUE[known].advice;
  return new KintsugiError(known, `${known === code ? '' : `${error}: `}${lines.join('\n') || status}`, {
    advice: `${advice}\n  \`kintsugi workflow show ${name}\` shows the whole.`,
  });
}
