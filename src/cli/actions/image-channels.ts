import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { KintsugiError } from '../../core/errors.ts';
import { CHANNELS, isDigest } from '../../core/images/names.ts';
import { askImages } from '../client/image-answers.ts';
import { serverProfile } from '../client/profile.ts';
import { channelsText, historyText, promotedText, registeredText, revokedText } from '../formats/channel-text.ts';
import { paint } from '../style.ts';
import { referenceOf, wholeDigest } from './image-reference.ts';

interface Json {
  readonly json?: boolean;
}

const profile = () => serverProfile(kintsugiHome(), process.env);
const palette = () => paint(process.stdout);

function print(options: Json, answer: object, text: () => string): void {
  process.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : text());
}

export async function runChannels(family: string | undefined, options: Json & { history?: boolean }): Promise<void> {
  const server = profile();
  if (!options.history) {
    const answer = await askImages(server, 'DescribeImageChannels', family === undefined ? {} : { Family: family });
    return print(options, answer, () => channelsText(answer.Channels, new Date(), palette()));
  }
  if (family === undefined) throw new KintsugiError('Usage', 'The history is of one family: name it.');
  const histories: Record<string, Awaited<ReturnType<typeof movesOf>>> = {};
  const movesOf = (Channel: string) => askImages(server, 'ListImageChannelHistory', { Family: family, Channel });
  for (const Channel of [...CHANNELS].reverse()) histories[Channel] = await movesOf(Channel);
  print(options, histories, () =>
    Object.entries(histories)
      .map(([channel, { Moves }]) => historyText(family, channel, Moves, palette()))
      .join('\n'),
  );
}

export async function runRegister(image: string, options: Json & { parent?: string }): Promise<void> {
  const { family, digest } = referenceOf(image);
  if (digest === null || !isDigest(digest)) throw new KintsugiError('Usage', 'Give the whole digest: FAMILY@DIGEST.');
  const { parent } = options;
  const Parent = parent === undefined ? {} : { Parent: parent === 'none' ? null : parent };
  const answer = await askImages(profile(), 'RegisterImage', { Family: family, Digest: digest, ...Parent });
  if (answer.Revoked)
    throw new KintsugiError('ImageRevoked', `${digest} is revoked with what it was made from: ${answer.Reason ?? ''}`);
  print(options, answer, () => registeredText(answer, palette()));
}

interface PromoteOptions extends Json {
  readonly to: string;
  readonly expected?: string;
  readonly acceptUntested?: string;
}

export async function runPromote(image: string, options: PromoteOptions): Promise<void> {
  const server = profile();
  const { family, digest } = referenceOf(image);
  const { to, expected, acceptUntested } = options;
  if (acceptUntested !== undefined && to !== 'gold')
    throw new KintsugiError(
      'Usage',
      '--accept-untested goes with --to gold: the other channels take what was not booted.',
    );
  const Digest = digest === null ? await before(family, to) : await wholeDigest(server, family, digest);
  const Expected = expected === undefined ? {} : { Expected: expected === 'none' ? null : expected };
  const Untested = acceptUntested === undefined ? {} : { AcceptUntested: acceptUntested };
  const answer = await askImages(server, 'PromoteImage', {
    Family: family,
    Digest,
    Channel: to,
    ...Expected,
    ...Untested,
  });
  print(options, answer, () => promotedText(answer, palette()));
}

/** What the channel before points to: the next step of the way. */
async function before(family: string, to: string): Promise<string> {
  const from = to === 'gold' ? 'staging' : 'candidate';
  const { Channels } = await askImages(profile(), 'DescribeImageChannels', { Family: family });
  const found = Channels.find(({ Channel }) => Channel === from)?.Digest;
  if (found !== undefined) return found;
  throw new KintsugiError(
    'ChannelEmpty',
    `The channel ${from} of ${family} points to nothing that could go to ${to}.`,
    {
      advice: `Name the image: \`kintsugi image promote ${family}@DIGEST --to ${to}\`.`,
    },
  );
}

export async function runRevoke(image: string, options: Json & { reason: string }): Promise<void> {
  const server = profile();
  const { family, digest } = isDigest(image) ? { family: '', digest: image } : referenceOf(image);
  if (digest === null) throw new KintsugiError('Usage', 'A revocation is of one image: give FAMILY@DIGEST.');
  const Digest = await wholeDigest(server, family, digest);
  const answer = await askImages(server, 'RevokeImage', { Digest, Reason: options.reason });
  print(options, answer, () => revokedText(answer, palette()));
}
