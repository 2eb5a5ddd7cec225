import { shortDigest } from '../../core/images/names.ts';
import { visible } from '../../core/visible.ts';
import type { ImageAnswer } from '../client/image-answers.ts';
import type { Palette } from '../style.ts';
import type { RolloutPlace, RolloutStep } from './rollout-steps.ts';
import { lasted } from './workflow-text.ts';

type Started = ImageAnswer<'StartImageRollout'>;
type Channel = ImageAnswer<'DescribeImageChannels'>['Channels'][number];

/** What a rollout that went well ends with. */
export interface RolloutOutput {
  readonly LaunchTemplateVersion: string;
  readonly Kept: readonly string[];
  readonly Before: { readonly ImageId: string; readonly LaunchTemplateVersion: string };
}

export function rolloutHead({ Family, Digest, Group, AlreadyRuns }: Started, name: string, palette: Palette): string {
  const { bold, dim } = palette;
  const how = AlreadyRuns ? 'Already under way' : 'Rolls out';
  return [
    `${how}: ${bold(visible(Digest))}, gold of ${visible(Family)}, to the Auto Scaling group ${bold(visible(Group))}.`,
    dim(`  ${visible(name)}: \`kintsugi workflow show ${visible(name)}\``),
    '',
  ].join('\n');
}

export function rolloutStepText(
  { mark, text }: RolloutStep,
  seconds: number,
  { green, red, yellow, dim }: Palette,
): string {
  const sign = mark === '+' ? green('+') : mark === 'x' ? red('x') : yellow('>');
  return `${dim(lasted(seconds).padStart(12))}  ${sign} ${text}\n`;
}

export function rolledOutText(
  { Digest, Group }: Started,
  output: RolloutOutput,
  { bold, green, yellow }: Palette,
): string {
  const { LaunchTemplateVersion, Kept, Before } = output;
  const kept =
    Kept.length === 0
      ? []
      : [
          yellow(
            `  Not replaced, since protected from scale-in or in standby: ${Kept.slice(0, 20).map(visible).join(', ')}${Kept.length > 20 ? ` and ${Kept.length - 20} more` : ''}`,
          ),
        ];
  const who = Kept.length === 0 ? 'every instance' : 'every other instance';
  return [
    `${green('Rolled out')}: ${who} of ${visible(Group)} runs ${bold(visible(Digest))}.`,
    `  Version ${visible(LaunchTemplateVersion)} is the default of its launch template; before it ran version ${visible(Before.LaunchTemplateVersion)}, ${visible(Before.ImageId)}.`,
    ...kept,
    '',
  ].join('\n');
}

/** What to do after a rollout that failed. `channels` are those of the family; empty where they could not be asked. */
export function rolloutAdvice({ Family, Digest }: Started, name: string, channels: readonly Channel[]): string {
  const family = visible(Family);
  const gold = channels.find(({ Channel }) => Channel === 'gold');
  const isBack = gold !== undefined && gold.Digest !== Digest && gold.Revocation === null;
  const state =
    gold === undefined
      ? []
      : gold.Revocation !== null
        ? [`${visible(gold.Digest)} is revoked, and ${family} has no gold image now: bake another one.`]
        : isBack
          ? [`${visible(Digest)} is no longer gold: gold of ${family} is ${shortDigest(gold.Digest)} again.`]
          : [`${visible(gold.Digest)} is still gold of ${family}.`];
  return [
    ...state,
    `\`kintsugi image channels ${family} --history\` shows how gold moved.`,
    `\`kintsugi workflow show ${visible(name)}\` shows every step.`,
  ].join('\n  ');
}

export function leftRolloutText({ Family, Group }: Started, name: string): string {
  return [
    '',
    'kintsugi: the rollout goes on in the server',
    `  \`kintsugi image rollout ${visible(Family)} --to ${quoted(Group)}\` follows it again.`,
    `  \`kintsugi workflow stop ${visible(name)}\` stops it, and says first what that leaves in the group.`,
    '',
  ].join('\n');
}

/** What a rollout leaves that is stopped at this place: nobody judges it any more, and nothing turns it back. */
export function stoppedRolloutLines({ began, returns }: RolloutPlace, group: string, region: string): string[] {
  if (!began) return ['Nothing was changed in the group yet, or it was only held to the version that it runs.'];
  const at = `--auto-scaling-group-name ${quoted(group)} --region ${visible(region)}`;
  const what = returns
    ? 'It was on its way back: Auto Scaling goes on with that, and nobody looks whether it succeeds.'
    : 'Auto Scaling goes on replacing the instances by itself. Nobody looks whether they get well, the image is not revoked, and the default version of the launch template stays.';
  return [
    what,
    `See how it stands: aws autoscaling describe-instance-refreshes ${at}`,
    ...(returns ? [] : [`Turn it back:      aws autoscaling rollback-instance-refresh ${at}`]),
    `Leave it half:     aws autoscaling cancel-instance-refresh ${at}`,
  ];
}

/** As it is typed into a shell. */
function quoted(text: string): string {
  const safe = visible(text);
  return /^[\w.-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", `'\\''`)}'`;
}
