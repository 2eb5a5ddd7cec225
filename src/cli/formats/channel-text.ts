import { isAmi, shortDigest } from '../../core/images/names.ts';
import { visible } from '../../core/visible.ts';
import type { ImageAnswer } from '../client/image-answers.ts';
import type { Palette } from '../style.ts';
import { duration } from './age.ts';

type Channel = ImageAnswer<'DescribeImageChannels'>['Channels'][number];
type Move = ImageAnswer<'ListImageChannelHistory'>['Moves'][number];

/** Where every channel points to; what is revoked comes with the way back. */
export function channelsText(channels: readonly Channel[], now: Date, palette: Palette): string {
  const { bold, dim, red } = palette;
  if (channels.length === 0)
    return 'No channel points to an image yet. `kintsugi image register FAMILY@DIGEST` makes a candidate.\n';
  const families = [...new Set(channels.map(({ Family }) => Family))];
  return families
    .map((family) => {
      const own = channels.filter(({ Family }) => Family === family);
      const lines = ['gold', 'staging', 'candidate'].flatMap((name) => {
        const one = own.find(({ Channel }) => Channel === name);
        if (one === undefined) return [];
        const ago = `${duration(Math.max(0, now.getTime() - one.MovedAt * 1000))} ago`;
        const line = `  ${name.padEnd(10)} ${shortDigest(one.Digest)}  ${dim(`version ${one.Version}, ${ago}`)}`;
        const published = one.Parameter === null ? [] : [dim(`             published as ${one.Parameter}`)];
        return one.Revocation === null ? [line, ...published] : [`${line}  ${red('REVOKED')}`, ...wayBack(one)];
      });
      return `${bold(visible(family))}\n${lines.join('\n')}\n`;
    })
    .join('');
}

function wayBack({ Family, Channel, Digest, RollBackTo, Revocation }: Channel): string[] {
  const by = Revocation?.Digest === Digest ? '' : `made from ${shortDigest(Revocation?.Digest ?? '')}: `;
  const next =
    RollBackTo === null
      ? 'no earlier image may be used: bake another one'
      : Channel === 'candidate'
        ? `before it was ${shortDigest(RollBackTo)}`
        : `go back: kintsugi image promote ${Family}@${shortDigest(RollBackTo)} --to ${Channel}`;
  return [`             ${by}${visible(Revocation?.Reason ?? '')}`, `             ${next}`];
}

export function historyText(family: string, channel: string, moves: readonly Move[], palette: Palette): string {
  const { bold, dim, red } = palette;
  const lines = moves.map((move) => {
    const at = new Date(move.MovedAt * 1000).toISOString().slice(0, 16).replace('T', ' ');
    const why = whyMoved(move);
    const mark = move.Revoked ? `  ${red('REVOKED')}` : '';
    return `  ${String(move.Version).padStart(4)}  ${at}  ${shortDigest(move.Digest)}  ${why}  ${dim(visible(move.MovedBy))}${mark}`;
  });
  return `${bold(`${channel} of ${visible(family)}`)}\n${lines.length === 0 ? '  no moves yet' : lines.join('\n')}\n`;
}

function whyMoved({ Reason, Previous, Digest, Note }: Move): string {
  const before = shortDigest(Previous ?? '');
  if (Reason === 'REVOKED') return `went back from ${before}`;
  if (Reason !== 'REJECTED') return Reason.toLowerCase();
  const said = Note === null || Note === '' ? '' : `: ${visible(Note)}`;
  return Previous === Digest
    ? `was rejected, and the channel is empty${said}`
    : `went back, ${before} was rejected${said}`;
}

export function registeredText({ Family, Digest }: ImageAnswer<'RegisterImage'>, { bold }: Palette): string {
  const name = `${visible(Family)}@${shortDigest(Digest)}`;
  return `${bold(name)} is registered, and the candidate of its family.\n  Next: kintsugi image promote ${name} --to staging\n`;
}

export function promotedText(answer: ImageAnswer<'PromoteImage'>, { bold, green }: Palette): string {
  const { Family, Digest, Channel, Version, Previous, Parameter } = answer;
  const family = visible(Family);
  const before = Previous === null || Previous === Digest ? '' : `, before it ${shortDigest(Previous)}`;
  const next =
    Channel === 'staging'
      ? `kintsugi image promote ${family} --to gold`
      : `kintsugi image rollout ${family} --to GROUP`;
  return [
    `${green(Channel)} of ${bold(family)} is ${shortDigest(Digest)}: version ${Version}${before}.`,
    ...(Parameter === undefined ? [] : [`  Published as ${visible(Parameter)}.`]),
    ...(Channel === 'gold' && !isAmi(Digest) ? [] : [`  Next: ${next}`]),
    '',
  ].join('\n');
}

function leftText(family: string, [newest]: readonly string[]): string {
  if (newest === undefined) return '';
  const short = shortDigest(newest);
  return `\n    ${short} was rolled back from, so it is not taken unasked: kintsugi image promote ${visible(family)}@${short} --to gold`;
}

/** What a revocation came to: what fell with it, where the channels are now, what still runs. */
export function revokedText(answer: ImageAnswer<'RevokeImage'>, { bold, red, yellow }: Palette): string {
  const { Digest, Reason, Registered, Descendants, Channels, Rollouts, Unpublished } = answer;
  const unknown = Registered
    ? []
    : [
        yellow(
          '  No image of this name is registered here. Is it the one that you mean? It stays revoked all the same.',
        ),
      ];
  const channels = Channels.map((one) => {
    const name = `  ${one.Channel} of ${visible(one.Family)}`;
    if (one.Now !== one.Digest) return yellow(`${name} went back to ${shortDigest(one.Now)}.`);
    const gone = one.Channel === 'gold' ? ' Its parameter is deleted.' : '';
    const back =
      one.RollBackTo === null
        ? one.RolledBackFrom.length === 0
          ? 'nothing earlier may be used'
          : 'there is nothing to go back to by itself'
        : `before it was ${shortDigest(one.RollBackTo)}`;
    const left = one.Channel === 'gold' && one.RollBackTo === null ? leftText(one.Family, one.RolledBackFrom) : '';
    return red(`${name} points to a revoked image: ${back}.${gone}${left}`);
  });
  const rollouts = Rollouts.flatMap((arn) => [
    yellow(
      '  A rollout or another execution has to do with it and still runs; a rollout turns back when it looks again:',
    ),
    `  ${visible(arn)}`,
  ]);
  const fallen =
    Descendants.length === 0
      ? []
      : [
          `  With it, made from it: ${Descendants.slice(0, 20).map(shortDigest).join(', ')}${Descendants.length > 20 ? ` and ${Descendants.length - 20} more` : ''}`,
        ];
  const missing = Unpublished.map((name) => red(`  Not published, the parameter store has no room: ${visible(name)}`));
  return `${[`${red('Revoked')} ${bold(shortDigest(Digest))}: ${visible(Reason)}`, ...unknown, ...fallen, ...channels, ...rollouts, ...missing].join('\n')}\n`;
}
