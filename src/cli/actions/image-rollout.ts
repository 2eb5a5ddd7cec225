import { z } from 'zod';
import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { asciiJson } from '../../core/ascii-json.ts';
import { EXIT, type ExitCode, KintsugiError } from '../../core/errors.ts';
import { type Followed, followExecution } from '../client/follow.ts';
import { askImages, type ImageAnswer } from '../client/image-answers.ts';
import { type ServerProfile, serverProfile } from '../client/profile.ts';
import type { DescribedExecution } from '../client/workflow-answer.ts';
import { RolloutReader } from '../formats/rollout-steps.ts';
import {
  leftRolloutText,
  rolledOutText,
  rolloutAdvice,
  rolloutHead,
  rolloutStepText,
  stoppedRolloutLines,
} from '../formats/rollout-text.ts';
import { startProgress } from '../progress.ts';
import { paint } from '../style.ts';

const LOOK_MS = 2000;

type Started = ImageAnswer<'StartImageRollout'>;

interface RolloutOptions {
  readonly to: string;
  readonly preferences?: unknown;
  readonly lookEvery?: number;
  readonly detach?: boolean;
  readonly json?: boolean;
}

const Output = z.object({
  LaunchTemplateVersion: z.string(),
  Kept: z.array(z.string()),
  Before: z.object({ ImageId: z.string(), LaunchTemplateVersion: z.string() }),
});

/** Starts a rollout and follows it to its end; whoever stops following leaves it running. */
export async function runRollout(family: string, options: RolloutOptions): Promise<ExitCode> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const { preferences, lookEvery, json = false } = options;
  const started = await askImages(profile, 'StartImageRollout', {
    Family: family,
    Group: options.to,
    ...(preferences === undefined ? {} : { Preferences: preferences }),
    ...(lookEvery === undefined ? {} : { WaitSeconds: lookEvery }),
  });
  const name = started.ExecutionArn.split(':').at(-1) ?? '';
  if (!json) process.stdout.write(rolloutHead(started, name, paint(process.stdout)));
  if (options.detach) {
    if (json) process.stdout.write(asciiJson(started, false));
    else process.stdout.write('  It goes on by itself; the same command again follows it.\n');
    return EXIT.ok;
  }
  const reader = new RolloutReader();
  const followed = await follow(profile, started, reader, json);
  if (followed.end === 'left') {
    process.stderr.write(leftRolloutText(started, name));
    return EXIT.ok;
  }
  const [ended] = (await askImages(profile, 'DescribeImageRollouts', { ExecutionArn: started.ExecutionArn })).Rollouts;
  if (json) process.stdout.write(asciiJson(ended ?? null, false));
  if (followed.execution.status === 'SUCCEEDED') {
    const output = Output.parse(JSON.parse(followed.execution.output ?? '{}'));
    if (!json) process.stdout.write(rolledOutText(started, output, paint(process.stdout)));
    return EXIT.ok;
  }
  const failure = await failureOf(profile, started, followed.execution, reader);
  if (json) return failure.exit;
  throw failure;
}

async function follow(
  profile: ServerProfile,
  started: Started,
  reader: RolloutReader,
  json: boolean,
): Promise<Followed> {
  const palette = paint(process.stderr);
  const progress = startProgress('rolling out; Ctrl-C leaves it running');
  const leave = new AbortController();
  const onSignal = () => leave.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  let start: number | null = null;
  try {
    return await followExecution(profile, started.ExecutionArn, {
      signal: leave.signal,
      lookMs: LOOK_MS,
      onSilence: () => progress.say('the server does not answer: it is asked again; Ctrl-C leaves the rollout running'),
      onEvent: (event) => {
        start ??= event.timestamp;
        const step = reader.read(event);
        if (step === null) return;
        progress.say(`${step.text}; Ctrl-C leaves it running`);
        if (json) return;
        progress.clear();
        process.stderr.write(rolloutStepText(step, event.timestamp - start, palette));
      },
    });
  } finally {
    progress.stop();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** What it failed of, how the group and the channels stand, and what to do. */
async function failureOf(
  profile: ServerProfile,
  started: Started,
  { status, error = status, cause = '', name }: DescribedExecution,
  { place }: RolloutReader,
): Promise<KintsugiError> {
  const region = started.ExecutionArn.split(':')[3] ?? '';
  const what = `The rollout of ${started.Digest} to ${started.Group}`;
  if (status !== 'FAILED') {
    const why = cause === '' ? '' : ` (${cause})`;
    const advice = [...stoppedRolloutLines(place, started.Group, region)].join('\n  ');
    return new KintsugiError('RolloutFailed', `${what} was stopped before its end${why}.`, { advice });
  }
  if (!place.began)
    return new KintsugiError('RolloutRefused', `${what} did not begin. ${error}: ${cause}`, {
      advice: `No instance was replaced. \`kintsugi workflow show ${name}\` shows every step.`,
    });
  const { Channels } = await askImages(profile, 'DescribeImageChannels', { Family: started.Family }).catch(() => ({
    Channels: [],
  }));
  return new KintsugiError('RolloutFailed', `${what} failed. ${error}: ${cause}`, {
    advice: rolloutAdvice(started, name, Channels),
  });
}
