import { visible } from '../../core/visible.ts';
import type { PublishOutput } from '../client/publish-answer.ts';
import type { Palette } from '../style.ts';

type Named = Pick<PublishOutput, 'Family' | 'Digest'>;

function nameOf({ Family, Digest }: Named): string {
  return `${visible(Family)}@${visible(Digest.replace(/^sha256:/, '')).slice(0, 12)}`;
}

/** What a bake through the channels came to. */
export function publishedText(output: PublishOutput, execution: string, { bold, green }: Palette): string {
  const updates = `${output.Installed} update${output.Installed === 1 ? '' : 's'} over its base`;
  const how =
    output.Result === 'skipped'
      ? `${green('Nothing to bake')}: ${bold(nameOf(output))} is what it would come to`
      : `${green('Baked')} ${bold(nameOf(output))}, ${updates}`;
  return [
    `${how}. It is ${green(visible(output.Channel))}.`,
    `  ${visible(output.Digest)}`,
    `  \`kintsugi image show ${nameOf(output)}\` says what is in it, \`kintsugi workflow show ${visible(execution)}\` how it came to be.`,
    '',
  ].join('\n');
}

/** Where somebody has to approve. */
export function waitingText(image: Named, execution: string, { bold, yellow }: Palette): string {
  const name = nameOf(image);
  return [
    `${bold(name)} is in ${yellow('staging')} and waits for approval.`,
    `  ${visible(image.Digest)}`,
    `  \`kintsugi image approve ${name}\` makes it gold, \`kintsugi image reject ${name}\` does not.`,
    `  \`kintsugi workflow show ${visible(execution)}\` shows where it stands.`,
    '',
  ].join('\n');
}

export function leftText(execution: string): string {
  const name = visible(execution);
  return `\nkintsugi: the bake goes on in the server\n  \`kintsugi workflow show ${name}\` shows it.\n`;
}
