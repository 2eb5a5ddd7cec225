import { setTimeout as sleep } from 'node:timers/promises';
import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { EXIT, type ExitCode, KintsugiError } from '../../core/errors.ts';
import { visible } from '../../core/visible.ts';
import { askImages } from '../client/image-answers.ts';
import { type ServerProfile, serverProfile } from '../client/profile.ts';
import { startProgress } from '../progress.ts';
import { paint } from '../style.ts';

const LOOK_MS = 2000;

interface RolloutOptions {
  readonly to: string;
  readonly preferences?: unknown;
  readonly detach?: boolean;
  readonly json?: boolean;
}

/** Starts a rollout and follows it to its end; whoever stops following leaves it running. */
export async function runRollout(family: string, options: RolloutOptions): Promise<ExitCode> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const { preferences } = options;
  const input = {
    Family: family,
    Group: options.to,
    ...(preferences === undefined ? {} : { Preferences: preferences }),
  };
  const started = await askImages(profile, 'StartImageRollout', input);
  const { bold, dim, green } = paint(process.stdout);
  const say = (text: string) => options.json || process.stdout.write(`${text}\n`);
  say(
    `${started.AlreadyRuns ? 'Already rolls out' : 'Rolls out'} ${bold(started.Digest)} to ${visible(started.Group)}:`,
  );
  say(`  ${visible(started.ExecutionArn)}`);
  if (options.detach) {
    if (options.json) process.stdout.write(`${JSON.stringify(started)}\n`);
    say(dim('  It goes on by itself; the same command again follows it.'));
    return EXIT.ok;
  }
  const ended = await follow(profile, started.ExecutionArn, (state) => say(`  ${visible(state)}`));
  if (options.json) process.stdout.write(`${JSON.stringify(ended)}\n`);
  if (ended.Status === 'SUCCEEDED') {
    say(`${green('Rolled out')}: every instance runs it, and it is the default version of the launch template.`);
    return EXIT.ok;
  }
  const why = `${ended.Error ?? ended.Status ?? 'It is not known how it ended'}: ${ended.Cause ?? ''}`;
  if (options.json) return EXIT.failed;
  throw new KintsugiError('RolloutFailed', `The rollout to ${started.Group} ended as ${ended.Status}. ${why}`);
}

async function follow(profile: ServerProfile, ExecutionArn: string, tell: (state: string) => void) {
  const progress = startProgress('rolling out; Ctrl-C leaves it running');
  let last: string | null = null;
  try {
    for (;;) {
      const [now] = (await askImages(profile, 'DescribeImageRollouts', { ExecutionArn })).Rollouts;
      if (now === undefined)
        throw new KintsugiError('ServerFault', 'The server knows nothing of the rollout any more.');
      if (now.State !== null && now.State !== last) tell(now.State);
      last = now.State;
      if (now.Status !== 'RUNNING') return now;
      progress.say(`${now.State ?? 'beginning'}; Ctrl-C leaves it running`);
      await sleep(LOOK_MS);
    }
  } finally {
    progress.stop();
  }
}
